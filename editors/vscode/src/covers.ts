// What of a document is covered, line by line: as the server told it, moved along with what was
// typed since. Pure: columns and counts, nothing of what is written there.
// Spec: docs/lsp-extensions.md, "envlsp/masks".

/** From one column up to another, in UTF-16 units. */
export type Span = readonly [number, number];
/** The covered parts of a line, in order, none of them empty. */
export type Line = readonly Span[];

export interface Change {
  readonly line: number;
  readonly change: string;
}

/** The parameters of `envlsp/masks`. */
export interface Told {
  readonly uri: string;
  readonly version: number;
  readonly start: number;
  readonly end: number | null;
  readonly lines: readonly Line[];
  readonly changes: readonly Change[];
  readonly removed: readonly string[];
}

export interface Place {
  readonly line: number;
  readonly character: number;
}

/** One replacement of a part of the text. */
export interface Edit {
  readonly start: Place;
  readonly end: Place;
  readonly text: string;
}

/** Return the lines after a message; the known ones stay as they are. */
export function spliced(known: readonly Line[], told: Told): Line[] {
  if (told.end === null) {
    return [...told.lines];
  }
  return [...known.slice(0, told.start), ...told.lines, ...known.slice(told.end)];
}

/** Return the lines after an edit: what was covered stays so, and what came in is covered whole. */
export function moved(lines: readonly Line[], edit: Edit): Line[] {
  const { start, end } = edit;
  const widths = edit.text.split(/\r\n|\r|\n/).map((text) => text.length);
  const last = widths.length - 1;
  const head = clipped(lines[start.line] ?? [], 0, start.character);
  const tail = clipped(lines[end.line] ?? [], end.character, Infinity);
  const at = (row: number): number => (row === 0 ? start.character : 0);
  const by = at(last) + (widths[last] ?? 0) - end.character;
  const made = widths.map((width, row): Line => {
    const before = row === 0 ? head : [];
    const after = row === last ? tail.map(([from, to]): Span => [from + by, to + by]) : [];
    return joined([...before, [at(row), at(row) + width], ...after]);
  });
  return [...lines.slice(0, start.line), ...made, ...lines.slice(end.line + 1)];
}

/** Return the rest of a line from a column on: the parts that are shown. */
export function shown(line: Line, width: number, from = 0): Line {
  const edges = [0, ...line.flat(), width];
  const found: Span[] = [];
  for (let at = 0; at + 1 < edges.length; at += 2) {
    const first = Math.max(edges[at] ?? 0, from);
    const last = Math.min(edges[at + 1] ?? 0, width);
    if (first < last) {
      found.push([first, last]);
    }
  }
  return found;
}

/** The masks of one document. */
export class Covers {
  private known: readonly Line[] | undefined;
  private since: { version: number; edits: readonly Edit[] }[] = [];
  changes: readonly Change[] = [];
  removed: readonly string[] = [];

  told(message: Told): void {
    this.known = spliced(this.known ?? [], message);
    this.since = this.since.filter(({ version }) => version > message.version);
    this.changes = message.changes;
    this.removed = message.removed;
  }

  edited(version: number, edits: readonly Edit[]): void {
    if (this.known !== undefined) {
      this.since.push({ version, edits });
    }
  }

  /** Forget all: nobody tells any more, and what is known grows old. */
  forget(): void {
    this.known = undefined;
    this.since = [];
    this.changes = [];
    this.removed = [];
  }

  /** Return what is covered of a text of so many lines; undefined where that is not known.
   *
   * Behind the last line break the editor has one line more than the server, and it is empty.
   */
  lines(count: number, endsWithBreak = false): readonly Line[] | undefined {
    const found = this.since
      .flatMap(({ edits }) => edits)
      .reduce<readonly Line[] | undefined>((lines, edit) => lines && moved(lines, edit), this.known);
    if (found?.length === count) {
      return found;
    }
    return endsWithBreak && found?.length === count - 1 ? [...found, []] : undefined;
  }
}

function clipped(line: Line, from: number, to: number): Span[] {
  return line
    .map(([first, last]): Span => [Math.max(first, from), Math.min(last, to)])
    .filter(([first, last]) => first < last);
}

function joined(spans: readonly Span[]): Line {
  const found: Span[] = [];
  for (const [from, to] of spans.filter(([first, last]) => first < last)) {
    const before = found.at(-1);
    if (before !== undefined && from <= before[1]) {
      found[found.length - 1] = [before[0], Math.max(before[1], to)];
    } else {
      found.push([from, to]);
    }
  }
  return found;
}
