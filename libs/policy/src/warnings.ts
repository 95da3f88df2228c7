/** What is no mistake and still not as its author may think. */
import { POLICY_LATER } from '@elida/contracts';
import type { Documents, Problem } from './compile.ts';
import type { Resolved } from './layer.ts';
import type { Rule } from './model.ts';

export const warningsOf = ({ unknown }: Resolved<Rule>, documents: Documents): Problem[] => [
  ...notThere(unknown, documents),
  ...later(documents),
];

/** A tenant's layer suppresses what policies bring, which it does not know. */
function notThere(unknown: Resolved<Rule>['unknown'], documents: Documents): Problem[] {
  return unknown.flatMap(({ layer, name }) => {
    const document = documents.find(([known]) => known === layer)?.[1];
    if (layer === 'tenant' || document?.layer === 'tenant') return [];
    const key = document?.suppress.includes(name) ? 'suppress' : 'suppress_rules';
    return [
      { layer, path: [key, document?.[key].indexOf(name) ?? 0], message: `there is no rule ${name} to suppress` },
    ];
  });
}

const later = (documents: Documents): Problem[] =>
  documents.flatMap(([layer, document]) =>
    POLICY_LATER.filter((key) => document[key] !== undefined).map((key) => ({
      layer,
      path: [key],
      message: 'is accepted, but without effect in this version',
    })),
  );
