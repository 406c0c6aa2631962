import { defineConfig } from 'vitest/config';

// One script and one style sheet with fixed names; build/inline.mjs puts both into the page.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    // build/inline.mjs has the limit.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: 'src/main.tsx',
      output: { format: 'iife', entryFileNames: 'page.js', assetFileNames: 'page[extname]' },
    },
  },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
});
