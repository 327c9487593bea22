// A release as the server lists it, in the words of a row. Pure.
// Spec: docs/lsp-extensions.md, `envlsp.log`.

export interface Release {
  readonly release: string;
  readonly author: string;
  readonly ts: number;
  readonly message: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Return who made it and what it is about. */
export function said({ author, message, ...counts }: Release): string {
  return [author, message || changes(counts)].filter(Boolean).join(': ');
}

/** Return all that is known of it, one line for each. */
export function whole(release: Release): string {
  const { release: label, author, ts, message, added, changed, removed } = release;
  const names = Object.entries({ added, changed, removed }).filter(([, found]) => found.length > 0);
  return [
    `${label} by ${author}, ${new Date(ts * 1000).toLocaleString()}`,
    ...(message ? [message] : []),
    ...names.map(([how, found]) => `${how}: ${found.join(', ')}`),
  ].join('\n');
}

function changes({ added, changed, removed }: Pick<Release, 'added' | 'changed' | 'removed'>): string {
  return `+${added.length} ~${changed.length} -${removed.length}`;
}
