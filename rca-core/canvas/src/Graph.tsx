import cytoscape from 'cytoscape';
import type { Core, ElementDefinition, StylesheetJson } from 'cytoscape';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { lookup } from './icons';
import { byTime } from './layout';
import { EventLink, Section } from './parts';
import type { Store } from './store';
import { useStore } from './store';
import { percent } from './time';

const EDGE_NAMES: Record<string, string> = {
  cause_effect: 'cause and effect', correlation: 'correlation', sequence: 'sequence', depends_on: 'depends on',
  relates_to: 'relates to', triggers: 'triggers', calls: 'calls', about: 'happened at',
};
const ROLE_NAMES: Record<string, string> = { change: 'changes', symptom: 'symptoms', other: 'other events', entity: 'entities' };

export function Graph({ store }: { store: Store }) {
  const { graph, analysis } = store.data.document;
  const kinds = useMemo(() => [...new Set(graph.edges.map((edge) => edge.kind))].sort(), [graph]);
  const roles = useMemo(() => ['change', 'symptom', 'other', 'entity'].filter((role) => graph.nodes.some((node) => node.role === role)), [graph]);
  const [hiddenKinds, setHiddenKinds] = useState<ReadonlySet<string>>(new Set(graph.edges.length > 60 ? ['sequence', 'correlation', 'about'] : []));
  const [hiddenRoles, setHiddenRoles] = useState<ReadonlySet<string>>(new Set());
  const [layout, setLayout] = useState('time');
  const [path, setPath] = useState(graph.paths[0]?.cause ?? -1);
  const [said, setSaid] = useState('');
  const selected = useStore(store, (state) => state.selected);
  const theme = useStore(store, (state) => state.theme);
  const [dark, setDark] = useState(0);
  const [near, setNear] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const core = useRef<Core | null>(null);
  const way = graph.paths.find((p) => p.cause === path);

  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setNear(true), { rootMargin: '200px' });
    observer.observe(box.current!);
    const print = () => setNear(true);
    addEventListener('beforeprint', print);
    const media = matchMedia('(prefers-color-scheme: dark)');
    const turned = () => setDark((n) => n + 1);
    media.addEventListener('change', turned);
    return () => {
      observer.disconnect();
      removeEventListener('beforeprint', print);
      media.removeEventListener('change', turned);
    };
  }, []);

  useEffect(() => {
    if (!near) return;
    const made = cytoscape({
      container: box.current!,
      elements: elements(store),
      layout: { name: 'preset' },
      minZoom: 0.05,
      maxZoom: 4,
      userZoomingEnabled: false,
      boxSelectionEnabled: false,
    });
    made.on('tap', 'node', (event) => {
      const id = event.target.id() as string;
      if (store.data.byId.has(id)) store.select(id);
      else {
        const name = event.target.data('entity') as string;
        if (store.data.entities.includes(name)) store.setFilter({ entity: store.state.filter.entity === name ? '' : name });
      }
    });
    made.on('mouseover', 'node, edge', (event) => setSaid(event.target.data('said') as string));
    made.on('mouseout', 'node, edge', () => setSaid(''));
    // Titles on the way can be read at any zoom; others when there is room.
    const fit = () => made.nodes('.way, [role = "entity"]').style('font-size', Math.min(60, Math.max(10, 11.5 / made.zoom())) as never).style('text-max-width', `${Math.min(700, Math.max(110, 120 / made.zoom()))}px`);
    made.on('zoom way', fit);
    core.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(box.current!);
    return () => {
      observer.disconnect();
      made.destroy();
      core.current = null;
    };
  }, [near, store]);

  useEffect(() => {
    const made = core.current;
    if (!made) return;
    made.style(look());
  }, [near, theme, dark]);

  useEffect(() => {
    const made = core.current;
    if (!made) return;
    made.batch(() => {
      made.nodes().forEach((node) => void node.style('display', hiddenRoles.has(node.data('role') as string) ? 'none' : 'element'));
      made.edges().forEach((edge) => void edge.style('display', hiddenKinds.has(edge.data('kind') as string) ? 'none' : 'element'));
    });
  }, [near, hiddenKinds, hiddenRoles]);

  useEffect(() => {
    const made = core.current;
    if (!made) return;
    const positions = byTime(graph.nodes);
    if (layout === 'time') made.layout({ name: 'preset', positions: (node) => positions.get((node as unknown as { id(): string }).id()) ?? { x: 0, y: 0 }, fit: true, padding: 24 }).run();
    else made.layout({ name: 'cose', animate: false, randomize: false, fit: true, padding: 24, nodeOverlap: 12, idealEdgeLength: () => 90 }).run();
  }, [near, layout, graph]);

  useEffect(() => {
    const made = core.current;
    if (!made) return;
    made.batch(() => {
      made.elements().removeClass('way above faded chosen');
      made.edges('.drawn').remove();
      if (way) {
        made.elements().addClass('faded');
        way.nodes.forEach((id, at) => made.getElementById(id).removeClass('faded').addClass(at % 2 ? 'way above' : 'way'));
        way.nodes.slice(1).forEach((to, at) => {
          const from = way.nodes[at]!;
          made.add({ group: 'edges', data: { id: `way-${at}`, source: from, target: to, kind: 'way', said: `step ${at + 1} from the cause to the symptom` }, classes: 'way drawn' });
        });
      }
      made.nodes().removeStyle('font-size text-max-width');
      made.emit('way');
      if (selected) made.getElementById(selected).removeClass('faded').addClass('chosen');
    });
  }, [near, way, selected]);

  const zoomBy = (factor: number) => {
    const made = core.current;
    if (made) made.zoom({ level: made.zoom() * factor, renderedPosition: { x: made.width() / 2, y: made.height() / 2 } });
  };
  const toggle = (set: ReadonlySet<string>, value: string) => {
    const next = new Set(set);
    if (!next.delete(value)) next.add(value);
    return next;
  };
  const keys = (event: KeyboardEvent) => {
    const made = core.current;
    const by: Record<string, () => void> = {
      '+': () => zoomBy(1.3), '=': () => zoomBy(1.3), '-': () => zoomBy(1 / 1.3), 0: () => void made?.fit(undefined, 24),
      ArrowLeft: () => void made?.panBy({ x: 60, y: 0 }), ArrowRight: () => void made?.panBy({ x: -60, y: 0 }),
      ArrowUp: () => void made?.panBy({ x: 0, y: 60 }), ArrowDown: () => void made?.panBy({ x: 0, y: -60 }),
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : by[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  };
  return (
    <Section id="graph" title="How it hangs together" aside={
      <div class="tools no-print">
        <button type="button" class="button" aria-label="Zoom into the graph" onClick={() => zoomBy(1.3)}>+</button>
        <button type="button" class="button" aria-label="Zoom out of the graph" onClick={() => zoomBy(1 / 1.3)}>−</button>
        <button type="button" class="button" onClick={() => core.current?.fit(undefined, 24)}>Fit</button>
        <select aria-label="Layout of the graph" value={layout} onChange={(e) => setLayout(e.currentTarget.value)}>
          <option value="time">By time and entity</option>
          <option value="force">By relation</option>
        </select>
      </div>
    }>
      {graph.nodes.length === 0 && <p class="empty">Nothing to relate.</p>}
      <div class="filter-row no-print">
        <label class="path-choice">Path <select aria-label="Path from cause to symptom" value={String(path)} onChange={(e) => setPath(Number(e.currentTarget.value))}>
          <option value="-1">none</option>
          {graph.paths.map((p) => <option key={p.cause} value={String(p.cause)}>{`${p.cause + 1}. ${percent(analysis.causes[p.cause]!.probability)} ${analysis.causes[p.cause]!.title}`}</option>)}
        </select></label>
        <div class="toggles" role="group" aria-label="Kinds of nodes">
          {roles.map((role) => <button type="button" key={role} class={`toggle node-${role}`} aria-pressed={!hiddenRoles.has(role)} onClick={() => setHiddenRoles(toggle(hiddenRoles, role))}>{ROLE_NAMES[role]}</button>)}
        </div>
        <div class="toggles" role="group" aria-label="Kinds of relations">
          {kinds.map((kind) => <button type="button" key={kind} class="toggle" aria-pressed={!hiddenKinds.has(kind)} onClick={() => setHiddenKinds(toggle(hiddenKinds, kind))}>{lookup(EDGE_NAMES, kind) ?? kind}</button>)}
        </div>
      </div>
      <div class="graph-frame">
        <div class="graph-box" ref={box} tabIndex={0} role="application" aria-roledescription="graph"
          aria-label={`Graph of ${graph.nodes.length} events and entities with ${graph.edges.length} relations. Plus and minus zoom, arrow keys move. The path is listed below.`}
          onKeyDown={keys} onPointerDown={() => core.current?.userZoomingEnabled(true)} onPointerLeave={() => core.current?.userZoomingEnabled(false)} />
        <p class="graph-said" aria-hidden="true">{said}</p>
      </div>
      {way && (
        <ol class="path path-row" aria-label="From cause to symptom">
          {way.nodes.map((id) => {
            const node = graph.nodes.find((n) => n.id === id);
            return <li key={id}><EventLink store={store} id={id}>{node?.role === 'entity' ? <strong>{node.title}</strong> : node?.title ?? id}</EventLink></li>;
          })}
        </ol>
      )}
    </Section>
  );
}

function elements(store: Store): ElementDefinition[] {
  const { graph } = store.data.document;
  const known = new Set(graph.nodes.map((node) => node.id));
  const short = (text: string) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  return [
    ...graph.nodes.map((node): ElementDefinition => ({
      group: 'nodes',
      data: { id: node.id, label: short(node.title), role: node.role, source: node.source, entity: node.entity?.name ?? '', said: `${node.source ? `${node.source}: ` : ''}${node.title}` },
    })),
    ...graph.edges.filter((edge) => known.has(edge.from) && known.has(edge.to)).map((edge, at): ElementDefinition => ({
      group: 'edges',
      data: { id: `edge-${at}`, source: edge.from, target: edge.to, kind: edge.kind, weight: edge.weight, said: `${lookup(EDGE_NAMES, edge.kind) ?? edge.kind}: ${edge.reason}` },
    })),
  ];
}

/** The style, in the colours of the theme. */
function look(): StylesheetJson {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return [
    { selector: 'node', style: { label: 'data(label)', 'font-size': 10, 'font-family': 'ui-sans-serif, system-ui, sans-serif', color: of('--text'), 'text-wrap': 'wrap', 'text-max-width': '110px', 'text-valign': 'bottom', 'text-margin-y': 4, 'min-zoomed-font-size': 7, width: 18, height: 18, 'background-color': of('--dim'), 'border-width': 0 } },
    { selector: 'node[role = "change"]', style: { shape: 'round-rectangle', 'background-color': of('--accent') } },
    { selector: 'node[role = "symptom"]', style: { shape: 'ellipse', 'background-color': of('--sev-high') } },
    { selector: 'node[role = "entity"]', style: { shape: 'round-hexagon', 'background-color': of('--surface'), 'border-width': 2, 'border-color': of('--text'), width: 26, height: 26, 'font-size': 12, 'font-weight': 'bold' } },
    { selector: 'edge', style: { width: 1.2, 'curve-style': 'bezier', 'line-color': of('--line-strong'), 'target-arrow-color': of('--line-strong'), 'target-arrow-shape': 'triangle', 'arrow-scale': 0.7 } },
    { selector: 'edge[kind = "cause_effect"], edge[kind = "triggers"]', style: { 'line-color': of('--sev-medium'), 'target-arrow-color': of('--sev-medium'), width: 1.8 } },
    { selector: 'edge[kind = "about"]', style: { 'line-style': 'dotted', 'target-arrow-shape': 'none' } },
    { selector: 'edge[kind = "calls"]', style: { 'line-color': of('--text'), 'target-arrow-color': of('--text'), 'curve-style': 'unbundled-bezier', 'control-point-distances': [40], 'control-point-weights': [0.5] } },
    { selector: '.faded', style: { opacity: 0.22 } },
    { selector: 'node.faded[role = "entity"]', style: { opacity: 0.7 } },
    { selector: 'node.above', style: { 'text-valign': 'top', 'text-margin-y': -4 } },
    { selector: 'node.way', style: { 'text-background-color': of('--page'), 'text-background-opacity': 0.85, 'text-background-padding': '2px', 'font-weight': 'bold', 'z-index': 20, 'border-width': 3, 'border-color': of('--onset'), opacity: 1 } },
    { selector: 'edge.way', style: { width: 3.5, 'line-color': of('--onset'), 'target-arrow-color': of('--onset'), 'target-arrow-shape': 'triangle', 'arrow-scale': 1.2, opacity: 1, 'z-index': 10 } },
    { selector: 'node.chosen', style: { 'overlay-color': of('--accent'), 'overlay-opacity': 0.3, opacity: 1 } },
  ] as unknown as StylesheetJson;
}
