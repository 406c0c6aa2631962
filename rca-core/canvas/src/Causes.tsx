import { useState } from 'preact/hooks';
import { lookup } from './icons';
import type { Cause, Evidence } from './model';
import { EventLink, Prose, Section, Time } from './parts';
import type { Store } from './store';
import { useStore } from './store';
import { number, percent } from './time';

const KINDS: Record<string, string> = { commit: 'commit', deploy: 'deploy', flag: 'flag', external: 'outside trigger', entity: 'where it hurts' };

export function Causes({ store }: { store: Store }) {
  const { analysis } = store.data.document;
  const [all, setAll] = useState(false);
  const shown = all ? analysis.causes : analysis.causes.slice(0, 5);
  return (
    <Section id="causes" title="Causes">
      {analysis.causes.length === 0 && <p class="empty">No suspect among what was read.</p>}
      <ol class="causes">
        {shown.map((cause, place) => <CauseCard key={place} store={store} cause={cause} place={place} />)}
      </ol>
      {analysis.causes.length > 5 && (
        <button type="button" class="button no-print" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `${analysis.causes.length - 5} more, less likely`}
        </button>
      )}
      <p class="none-of-these">
        <strong>{percent(analysis.none_of_these)}</strong> none of these
        {(analysis.none_evidence ?? []).length > 0 && `: ${(analysis.none_evidence ?? []).map((e) => e.statement).join('; ')}`}
      </p>
    </Section>
  );
}

function details(store: Store, cause: Cause) {
  const list = [];
  list.push(<span key="kind">{lookup(KINDS, cause.kind) ?? cause.kind}{cause.sha && <> <code>{cause.sha.slice(0, 12)}</code></>}{cause.key && <> <code>{cause.key}</code></>}{cause.version && <> <code>{cause.version}</code></>}</span>);
  if (cause.entity) list.push(<span key="entity">at {cause.entity.name}</span>);
  if (cause.deployed_at) list.push(<span key="since">runs in {(cause.deployed_to ?? []).map((e) => e.name).join(', ')} since <Time store={store} at={cause.deployed_at} /></span>);
  if (cause.mechanism) list.push(<span key="mechanism">mechanism: {cause.mechanism.replaceAll('_', ' ')}</span>);
  return list;
}

function CauseCard({ store, cause, place }: { store: Store; cause: Cause; place: number }) {
  const [open, setOpen] = useState(place === 0);
  const hypotheses = useStore(store, (state) => state.hypotheses);
  const key = store.data.document.cause_keys[place];
  const adopted = hypotheses.some((h) => (h.about?.kind === 'cause' && h.about.cause === key) || h.text === cause.title);
  const strongest = Math.max(0.1, ...cause.evidence_for.map((e) => e.weight), ...cause.evidence_against.map((e) => e.weight));
  const id = `cause-${place}`;
  return (
    <li class={`cause${place === 0 ? ' cause-top' : ''}`}>
      <div class="cause-head">
        <span class="probability">{percent(cause.probability)}</span>
        <div class="cause-title">
          <h3><EventLink store={store} id={cause.event}>{cause.title}</EventLink></h3>
          <progress class="meter" max={1} value={cause.probability} aria-label={`probability of cause ${place + 1}`} />
          <p class="cause-details">{details(store, cause)}</p>
        </div>
        <button type="button" class="button no-print" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          {open ? 'Less' : 'Why'}<span class="sr-only"> {cause.title}</span>
        </button>
      </div>
      <div id={id} class={`cause-body${open ? '' : ' closed'}`}>
        <EvidenceList store={store} title="Speaks for it" sign="+" evidence={cause.evidence_for} strongest={strongest} />
        <EvidenceList store={store} title="Speaks against it" sign="−" evidence={cause.evidence_against} strongest={strongest} />
        {cause.path.length > 0 && (
          <>
            <h4>From cause to symptom</h4>
            <ol class="path">
              {cause.path.map((step, at) => (
                <li key={at}>
                  {step.time && <><Time store={store} at={step.time} short /> </>}
                  {step.entity && <strong>{step.entity.name} </strong>}
                  <EventLink store={store} id={step.event}>{step.what}</EventLink>
                </li>
              ))}
            </ol>
          </>
        )}
        {cause.remediation && <p class="remedy"><strong>What would help:</strong> {cause.remediation}</p>}
        <button type="button" class="button no-print" disabled={adopted} onClick={() => store.addHypothesis(cause.title, '', key ? { kind: 'cause', cause: key } : { kind: 'investigation' })}>
          {adopted ? 'Among the hypotheses' : 'Note as hypothesis'}
        </button>
      </div>
    </li>
  );
}

function EvidenceList({ store, title, sign, evidence, strongest }: { store: Store; title: string; sign: string; evidence: Evidence[]; strongest: number }) {
  if (evidence.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul class={`evidence evidence-${sign === '+' ? 'for' : 'against'}`}>
        {evidence.map((piece, at) => (
          <li key={at}>
            <span class="weight" title="natural-log odds">{sign}{piece.weight.toFixed(1)}</span>
            <span class="weight-bar" aria-hidden="true"><span style={{ width: `${(100 * piece.weight) / strongest}%` }} /></span>
            <span class="statement">
              <span class="kind">{piece.kind}</span> {piece.events.length === 1 ? <EventLink store={store} id={piece.events[0]}><Prose text={piece.statement} /></EventLink> : <Prose text={piece.statement} />}
              {piece.before !== null && piece.before !== undefined && piece.after !== null && piece.after !== undefined && (
                <span class="dim"> ({number(piece.before)} → {number(piece.after)})</span>
              )}
              {piece.events.length > 1 && (
                <span class="refs"> {piece.events.map((event, n) => <EventLink key={event} store={store} id={event}>{store.data.byId.has(event) ? `[${n + 1}]` : ''}</EventLink>)}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function RuledOut({ store }: { store: Store }) {
  const { ruled_out } = store.data.document.analysis;
  return (
    <Section id="ruled-out" title="Ruled out" aside={<span class="dim">{ruled_out.length}</span>}>
      {ruled_out.length === 0 && <p class="empty">Nothing had to be ruled out.</p>}
      <ul class="ruled-out">
        {ruled_out.map((cleared, at) => (
          <li key={at}>
            <EventLink store={store} id={cleared.event}>{cleared.title}</EventLink>
            {cleared.sha && <> <code>{cleared.sha.slice(0, 12)}</code></>}
            <ul>{cleared.reasons.map((reason, n) => <li key={n}><Prose text={reason} /></li>)}</ul>
          </li>
        ))}
      </ul>
    </Section>
  );
}
