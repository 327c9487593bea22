// What may be shown of a line before the server has told: the rule is generated from its code.
import type { Line } from './covers';
import rules from './rules.json';

/** What is drawn instead of anything covered. */
export const MASK = rules.mask;

const SEEN_AT_MOST = new RegExp(rules.seenAtMost);

/** Return how many characters of a line may be shown whatever it is. */
export function seen(text: string): number {
  return SEEN_AT_MOST.exec(text)?.[0].length ?? 0;
}

/** Return what is covered of a line of which nothing is known. */
export function unknown(text: string): Line {
  const from = seen(text);
  return from < text.length ? [[from, text.length]] : [];
}
