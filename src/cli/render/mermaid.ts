// A plan as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html): arrows point from what comes first.
import type { Action } from '#wasm';
import type { PlanDocument } from '../../app/documents/documents.ts';
import { plain } from './style.ts';

const FILL: Record<Action, string> = {
  create: '#d3f9d8',
  update: '#fff3bf',
  replace: '#ffe8cc',
  delete: '#ffe3e3',
  retain: '#e7f5ff',
  import: '#e7f5ff',
  noop: '#f1f3f5',
};

/** The flowchart, with one node per resource and one class per action. */
export function mermaid({ actions }: PlanDocument): string {
  const nodes = new Map(actions.map(({ logicalId }, index) => [logicalId, `r${index}`]));
  const lines = ['flowchart LR'];
  actions.forEach(({ logicalId, type, action }, index) => {
    lines.push(`  r${index}["${label(logicalId)}<br/><small>${label(type)}</small>"]:::${action}`);
  });
  for (const { logicalId, dependsOn } of actions) {
    for (const id of dependsOn) {
      const from = nodes.get(id);
      if (from !== undefined) lines.push(`  ${from} --> ${nodes.get(logicalId)}`);
    }
  }
  for (const action of new Set(actions.map((one) => one.action))) {
    lines.push(`  classDef ${action} fill:${FILL[action]},stroke:#495057,color:#212529`);
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid takes `#…;` entities inside quoted labels. */
function label(text: string): string {
  return plain(text).replace(/[#"<>&]/g, (letter) => `#${letter.codePointAt(0)};`);
}
