// Draws the masks: by the rule at once, then as the server tells, in every editor that shows the
// document. A covered part is not drawn, so that no frame has its text, and keeps a place without
// width, where the editor finds it: a hover over the dots, the cursor, a squiggle. Its edges are
// open, so that what is typed there is covered before anybody was asked.
import * as vscode from 'vscode';
import { Covers, type Line, type Told } from './covers';
import { hiding, LANGUAGE } from './hiding';
import { listed, quick } from './listed';
import { MASK, unknown } from './seen';
import { isCovered } from './where';

/** The editor takes it for the end of the line, wherever that is by then. */
const NO_LINE_IS_LONGER = 2 ** 30;
/** Rows beyond the screen that are drawn with it. */
const AROUND = 300;
type Row = readonly [number, Line];
const HIDDEN = 'none; visibility: hidden; font-size: 0; letter-spacing: 0;';

export class Masks implements vscode.Disposable {
  private readonly documents = new Map<string, Covers>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly changed = new vscode.EventEmitter<vscode.TextDocument>();
  readonly onDidChange = this.changed.event;
  private looks = MASK;
  private dots = decoration(MASK);
  private readonly edges = vscode.window.createTextEditorDecorationType({
    textDecoration: HIDDEN,
    rangeBehavior: vscode.DecorationRangeBehavior.OpenOpen,
  });
  // Set on no text: what they say of the whole page holds for as long as they are there.
  private readonly rules = rules(`${hiding()} ${listed()}`);
  private rulesWhileOpen: vscode.Disposable | undefined;

  constructor() {
    this.subscriptions = [
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((one) => this.draw(one))),
      vscode.window.onDidChangeActiveTextEditor((editor) => editor && this.draw(editor)),
      vscode.workspace.onDidOpenTextDocument((document) => this.opened(document)),
      vscode.workspace.onDidChangeTextDocument((event) => this.edited(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.closed(document)),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.draw(textEditor)),
    ];
    // The editor loads the grammar with the first text of its language: that is an empty one.
    void vscode.workspace.openTextDocument({ language: 'dotenv', content: '' });
    vscode.workspace.textDocuments.forEach((document) => this.opened(document));
  }

  /** Draw what the server tells. */
  told(message: Told): void {
    const document = documentOf(message.uri);
    if (document === undefined) {
      return;
    }
    this.covers(document).told(message);
    this.drawAll(document);
    this.changed.fire(document);
  }

  /** Take over how a covered part looks; the old dots go when the new ones are drawn. */
  look(text: string): void {
    if (text !== this.looks) {
      const before = this.dots;
      this.looks = text;
      this.dots = decoration(text);
      vscode.window.visibleTextEditors.forEach((editor) => this.draw(editor));
      before.dispose();
    }
  }

  /** Go back to the rule: the server is gone. */
  forget(): void {
    this.documents.forEach((covers) => covers.forget());
    vscode.window.visibleTextEditors.forEach((editor) => {
      this.draw(editor);
      this.changed.fire(editor.document);
    });
  }

  of(document: vscode.TextDocument): Covers | undefined {
    return this.documents.get(document.uri.toString());
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.changed, this.dots, this.edges, this.rules).dispose();
    this.rulesWhileOpen?.dispose();
  }

  private covers(document: vscode.TextDocument): Covers {
    const key = document.uri.toString();
    const found = this.documents.get(key) ?? new Covers();
    this.documents.set(key, found);
    return found;
  }

  /** A workspace may say that `.env` is of another language, whose grammar would colour values. */
  private opened(document: vscode.TextDocument): void {
    if (isCovered(document) && document.languageId !== LANGUAGE) {
      void vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
    }
    this.drawAll(document);
    this.rule();
  }

  private closed({ uri }: vscode.TextDocument): void {
    this.documents.delete(uri.toString());
    this.rule();
  }

  private rule(): void {
    const isOpen = vscode.workspace.textDocuments.some((one) => one.uri.scheme !== 'untitled' && isCovered(one));
    if (isOpen && this.rulesWhileOpen === undefined) {
      this.rulesWhileOpen = rules(quick());
    } else if (!isOpen) {
      this.rulesWhileOpen?.dispose();
      this.rulesWhileOpen = undefined;
    }
  }

  private edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (isCovered(document) && contentChanges.length > 0) {
      const edits = contentChanges.map(({ range, text }) => ({ start: range.start, end: range.end, text }));
      this.of(document)?.edited(document.version, edits);
      this.drawAll(document);
    }
  }

  private drawAll(document: vscode.TextDocument): void {
    vscode.window.visibleTextEditors
      .filter((editor) => editor.document === document)
      .forEach((editor) => this.draw(editor));
  }

  private draw(editor: vscode.TextEditor): void {
    const { document } = editor;
    if (!isCovered(document)) {
      return;
    }
    const last = document.lineCount - 1;
    const lines = this.of(document)?.lines(last + 1, document.lineAt(last).text === '');
    const near = nearby(editor);
    const covered = near.map((row): Row => [row, lines?.[row] ?? unknown(document.lineAt(row).text)]);
    const ends = near.map((row): Row => [row, beyond(document.lineAt(row).text)]);
    editor.setDecorations(this.dots, ranges(covered));
    editor.setDecorations(this.edges, ranges(ends));
  }
}

/** Return what the window may show behind a line already, and has not told this process yet. */
function beyond({ length }: string): Line {
  return [[length, NO_LINE_IS_LONGER]];
}

/** Return the rows on the screen, and so many around them: of a long file not all is drawn at each key. */
function nearby({ document, visibleRanges }: vscode.TextEditor): number[] {
  const seen = visibleRanges.length > 0 ? visibleRanges : [new vscode.Range(0, 0, 0, 0)];
  const rows = new Set<number>();
  for (const { start, end } of seen) {
    const last = Math.min(end.line + AROUND, document.lineCount - 1);
    for (let row = Math.max(0, start.line - AROUND); row <= last; row += 1) {
      rows.add(row);
    }
  }
  return [...rows];
}

function ranges(rows: readonly Row[]): vscode.Range[] {
  return rows.flatMap(([row, line]) => line.map(([from, to]) => new vscode.Range(row, from, row, to)));
}

function decoration(text: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    textDecoration: HIDDEN,
    after: { contentText: text, color: new vscode.ThemeColor('editorCodeLens.foreground') },
    rangeBehavior: vscode.DecorationRangeBehavior.OpenOpen,
  });
}

function rules(text: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({ textDecoration: `none; ${text}` });
}

function documentOf(uri: string): vscode.TextDocument | undefined {
  const key = vscode.Uri.parse(uri).toString();
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === key);
}
