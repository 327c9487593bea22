// Rules of style about lists of lines that were found in files: a line of an env file is not read
// there. Such a list is flat: a row for a file, then rows for its lines, in this order in the page
// too, so a line belongs to the last file before it. What is scrolled away is not in the page: then
// the file of the first lines sticks to the top, or nothing says it, and they are not read either.
// No name of anybody's file gets in here.
import { LANGUAGE } from './hiding';
import { MASK } from './seen';

/** So often may env files and others take turns on a screen; lines behind are not read, whatever they are of. */
const TURNS = 6;
/** What VS Code notes of a file beside its name, for those who draw pictures: language, name, endings. */
const ENV_FILE = `:is(.${LANGUAGE}-lang-file-icon, .env-ext-file-icon, [class~="env~-ext-file-icon"], [class*=" .env."])`;
const STUCK = '.monaco-tree-sticky-row';
const UNREAD = `{ --envlsp-line: hidden; --envlsp-dots: "${MASK}"; --envlsp-mouse: none; }`;
const READ = '{ --envlsp-line: initial; --envlsp-dots: initial; --envlsp-mouse: initial; }';

interface List {
  readonly place: string;
  /** What a file's row has, and an env file's, and a line's. */
  readonly file: string;
  readonly env: string;
  readonly line: string;
  /** What sticks to the top of the list: for the file of its first line, nothing where nothing does. */
  readonly stuck?: string;
}

const SEARCH: List = {
  place: '.search-view',
  file: ':has(.filematch)',
  env: `:has(${ENV_FILE})`,
  line: ':has(.match)',
  stuck: `${STUCK} .filematch`,
};
const REFERENCES: List = {
  place: '.customview-tree',
  file: '[aria-level="1"]',
  env: `:has(${ENV_FILE})`,
  line: '[aria-level="2"]:has(.highlight)',
  stuck: STUCK,
};
const QUICK: List = {
  place: '.quick-input-list',
  file: ':has(.codicon-search-open-in-file)',
  env: ':is([aria-label^=".env."], [aria-label*=".env,"], [aria-label*=".env~,"])',
  line: ':has(.codicon-search-see-more)',
};

/** The row says of each line to a screen reader where it is; what was looked for there is a name, and stays. */
const PEEKED = '.ref-tree .monaco-list-row:is([aria-label*=".env "], [aria-label*=" .env."]) .referenceMatch:not(&)';

/**
 * A search that is opened in an editor: a line without any colour has not been gone through by the grammar,
 * which may have to be loaded first. What it never colours comes up after ten seconds.
 */
const UNTOLD = '[data-mode-id="search-result"] .view-line > span:not(:has(> span:not(.mtk1))) > span';
const OPENED = `${UNTOLD}:not(&) { transition: color 0s 10s; @starting-style { color: transparent; } }`;

/** Return the rules for lists that may have lines of env files at any time, each about the whole page. */
export function listed(): string {
  return [
    ...belongs(SEARCH),
    ...unread('.search-view .match', '> span'),
    dotted('.search-view .match'),
    ...belongs(REFERENCES),
    ...unread('.customview-tree .monaco-icon-label-container', '.monaco-highlighted-label'),
    '.customview-tree .monaco-highlighted-label .highlight:not(&) { visibility: visible !important; }',
    `${PEEKED} { color: transparent !important; }`,
    `${PEEKED} .highlight { color: var(--vscode-peekViewResult-lineForeground) !important; }`,
    OPENED,
  ].join(' ');
}

/** Return the rules for the list of a quick search: it never looks into env files that are not open. */
export function quick(): string {
  const label = '.quick-input-list .monaco-icon-label-container';
  return [...belongs(QUICK), ...unread(label, '.monaco-highlighted-label'), dotted(label)].join(' ');
}

/** Return the rules for what a line belongs to: the more turns there were before it, the more its rule counts. */
function belongs({ place, file, env, line, stuck }: List): string[] {
  const row = '.monaco-list-row';
  const rows = `${place} .monaco-list-rows >`;
  const ours = `${row}${file}${env}`;
  const other = `${row}${file}:not(${env})`;
  const first = `.monaco-list-rows > ${row}${line}:not(${row}${file} ~ *, &)`;
  const untold = stuck === undefined ? '' : `:not(:has(${stuck}))`;
  const rules = [
    `${place} .monaco-scrollable-element:has(${STUCK} ${ENV_FILE}) > ${first} ${UNREAD}`,
    `${place} .monaco-scrollable-element${untold} > ${first} ${UNREAD}`,
  ];
  let before = ours;
  for (let turn = 0; turn < TURNS; turn++) {
    rules.push(`${rows} ${before} ~ ${row}${line}:not(&) ${UNREAD}`);
    rules.push(`${rows} ${before} ~ ${other} ~ ${row}${line}:not(&) ${READ}`);
    before = `${before} ~ ${other} ~ ${ours}`;
  }
  return [...rules, `${rows} ${before} ~ ${row}${line}:not(&) ${UNREAD}`];
}

/** Return the rules for how a line looks that is not to be read; the mouse at rest would say it too. */
function unread(line: string, text: string): string[] {
  return [
    `${line} ${text}:not(&) { visibility: var(--envlsp-line, inherit) !important; }`,
    `${line}:not(&) { pointer-events: var(--envlsp-mouse, inherit) !important; }`,
  ];
}

function dotted(line: string): string {
  return `${line}:not(&)::before { content: var(--envlsp-dots, none) !important; }`;
}
