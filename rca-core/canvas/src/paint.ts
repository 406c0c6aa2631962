// Draws the timeline on a canvas.

import { iconPath } from './icons';
import type { Mark } from './scene';
import type { Zone } from './time';
import { date, tick, ticks } from './time';

export interface Colours {
  text: string;
  dim: string;
  line: string;
  surface: string;
  band: string;
  accent: string;
  onset: string;
  severities: string[];
}

export function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: of('--text'),
    dim: of('--dim'),
    line: of('--line'),
    surface: of('--surface'),
    band: of('--band'),
    accent: of('--accent'),
    onset: of('--onset'),
    severities: ['info', 'low', 'medium', 'high', 'critical'].map((name) => of(`--sev-${name}`)),
  };
}

export const LANE = 30;
export const AXIS = 26;

const paths = new Map<string, Path2D>();

function icon(source: string): Path2D {
  const d = iconPath(source);
  let path = paths.get(d);
  if (!path) paths.set(d, (path = new Path2D(d)));
  return path;
}

export interface Picture {
  width: number;
  height: number;
  view: [number, number];
  zone: Zone;
  marks: Mark[];
  sources: string[];
  window: [number, number];
  onset: number | null;
  uncertain: [number, number] | null;
  brush: [number, number] | null;
  hover: Mark | null;
}

const FONT = '11px ui-sans-serif, system-ui, sans-serif';

export function paint(context: CanvasRenderingContext2D, picture: Picture, c: Colours): void {
  const { width, height, view } = picture;
  const scale = width / (view[1] - view[0]);
  const x = (time: number) => (time - view[0]) * scale;
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';

  // The time under study stands out from what is before and after.
  context.fillStyle = c.band;
  const left = Math.max(0, x(picture.window[0]));
  const right = Math.min(width, x(picture.window[1]));
  if (right > left) context.fillRect(left, AXIS, right - left, height - AXIS);

  context.strokeStyle = c.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let lane = 0; lane <= picture.sources.length; lane++) {
    const y = AXIS + lane * LANE + 0.5;
    context.moveTo(0, y);
    context.lineTo(width, y);
  }
  context.stroke();

  axis(context, picture, c, x);

  if (picture.brush) {
    const [from, to] = [x(picture.brush[0]), x(picture.brush[1])];
    context.globalAlpha = 0.16;
    context.fillStyle = c.accent;
    context.fillRect(from, 0, to - from, height);
    context.globalAlpha = 1;
    context.fillRect(from - 1, 0, 2, height);
    context.fillRect(to - 1, 0, 2, height);
  }
  if (picture.onset !== null) onset(context, picture, c, x);
  for (const mark of picture.marks) if (!mark.selected && mark !== picture.hover) draw(context, mark, picture, c);
  for (const mark of picture.marks) if (mark.selected || mark === picture.hover) draw(context, mark, picture, c);
}

function axis(context: CanvasRenderingContext2D, picture: Picture, c: Colours, x: (time: number) => number): void {
  const { width, view, zone } = picture;
  const found = ticks(view[0], view[1], Math.max(2, Math.floor(width / 90)), zone);
  const step = found.length > 1 ? found[1]! - found[0]! : view[1] - view[0];
  context.textAlign = 'center';
  let day = '';
  for (const at of found) {
    const place = Math.round(x(at)) + 0.5;
    context.strokeStyle = c.line;
    context.beginPath();
    context.moveTo(place, AXIS - 6);
    context.lineTo(place, picture.height);
    context.stroke();
    context.fillStyle = c.dim;
    const today = date(at, zone);
    const label = step < 86_400_000 && today !== day && day !== '' ? today : tick(at, step, zone);
    day = today;
    if (place > 24 && place < width - 24) context.fillText(label, place, AXIS / 2);
  }
}

function onset(context: CanvasRenderingContext2D, picture: Picture, c: Colours, x: (time: number) => number): void {
  const at = Math.round(x(picture.onset!)) + 0.5;
  if (picture.uncertain) {
    const [from, to] = [x(picture.uncertain[0]), x(picture.uncertain[1])];
    context.globalAlpha = 0.12;
    context.fillStyle = c.onset;
    context.fillRect(from, AXIS, Math.max(to - from, 1), picture.height - AXIS);
    context.globalAlpha = 1;
  }
  if (at < -80 || at > picture.width + 80) return;
  context.strokeStyle = c.onset;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(at, AXIS);
  context.lineTo(at, picture.height);
  context.stroke();
  context.setLineDash([]);
}

function draw(context: CanvasRenderingContext2D, mark: Mark, picture: Picture, c: Colours): void {
  const y = AXIS + mark.lane * LANE + LANE / 2;
  const colour = c.severities[mark.severity] ?? c.dim;
  const many = mark.items.length > 1;
  const label = many ? (mark.items.length > 999 ? `${Math.floor(mark.items.length / 1000)}k` : String(mark.items.length)) : '';
  const half = many ? Math.max(10, 5 + label.length * 3.6) : 10;
  if (mark.selected || mark === picture.hover) {
    context.fillStyle = c.accent;
    round(context, mark.x - half - 4, y - 14, half * 2 + 8, 28, 14);
    context.globalAlpha = mark.selected ? 1 : 0.35;
    context.fill();
    context.globalAlpha = 1;
  }
  round(context, mark.x - half, y - 10, half * 2, 20, 10);
  context.fillStyle = mark.severity >= 2 || many ? colour : c.surface;
  context.fill();
  context.lineWidth = mark.named ? 2.5 : 1.25;
  context.strokeStyle = mark.named ? c.text : colour;
  context.stroke();
  const ink = mark.severity >= 2 || many ? c.surface : colour;
  context.fillStyle = ink;
  if (many) {
    context.textAlign = 'center';
    context.font = `600 ${FONT}`;
    context.fillText(label, mark.x, y + 0.5);
    context.font = FONT;
  } else {
    context.save();
    context.translate(mark.x - 6, y - 6);
    context.scale(0.75, 0.75);
    context.fill(icon(mark.items[0]!.source));
    context.restore();
  }
}

function round(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, radius: number): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}
