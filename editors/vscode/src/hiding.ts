// Rules of style about every editor of the window, with decorations or without: what an editor of
// an env file draws before the extension hears of it. They know languages and ends of names, and no
// name of anybody's file, so nothing that somebody named gets into them.

/** The language of env files: it alone has the grammar that colours no value. */
export const LANGUAGE = 'dotenv';
/** An editor of an env file, of whatever kind, and one of other text that is peeked at within it. */
const OURS = `[data-mode-id="${LANGUAGE}"]`;
const OTHERS_WITHIN = `${OURS} [data-mode-id]:not(${OURS})`;
/** What usually stands behind `.env.`: a rule of style cannot tell the last part of a path from others. */
const KINDS = [
  ...['local', 'dev', 'development', 'prod', 'production', 'test', 'testing', 'ci', 'qa', 'stage', 'staging'],
  ...['preview', 'docker', 'shared', 'default', 'defaults', 'example', 'sample', 'template', 'dist', 'backup', 'bak'],
];

/**
 * A line that came in is drawn before the grammar has gone through it, in the colour of plain text; a
 * name is bold, by the grammar.
 */
const NOT_YET_COLOURED =
  `${OURS} .view-line span.mtk1:not(.mtkb):not(${OTHERS_WITHIN} *):not(&) ` + '{ color: transparent !important; }';

/**
 * An env file that has another language, by the settings of its folder, gets its own when it is open.
 * The colours of the other one stay for a frame more: it comes back a moment after them.
 */
const NOT_YET_OURS =
  `[data-mode-id]:not(${OURS}) > .monaco-editor:is(${named().join(', ')}):not(&) { opacity: 0 !important; }` +
  ` ${OURS} > .monaco-editor:not(&) { transition: opacity 0s 0.3s !important; }`;

/** Return the rules, each about the whole page. */
export function hiding(): string {
  return `${NOT_YET_COLOURED} ${NOT_YET_OURS}`;
}

/** Return what the address of an env file is known by, with a query behind it or without. */
function named(): string[] {
  const kinds = KINDS.flatMap((kind) => ends(`.${kind}`).map((end) => `[data-uri*="/.env."]${end}`));
  return [...ends('.env'), ...kinds];
}

function ends(name: string): string[] {
  return [`[data-uri$="${name}"]`, `[data-uri*="${name}?"]`];
}
