// Back to an older release: picked from a list, looked at beside the newest one, then confirmed.
import * as vscode from 'vscode';
import { plain } from './ask';
import type { Comparisons } from './compare';
import { said, type Release } from './release';
import type { Running } from './running';

const RELEASES_AT_ONCE = 200;

/** Return the release to go back to; undefined where the person wants none. */
export async function pickRelease(running: Running, comparisons: Comparisons, uri: string): Promise<string | undefined> {
  const found = await running.run<{ releases: Release[] }>('envlsp.log', { uri, limit: RELEASES_AT_ONCE });
  const [newest, ...older] = found?.releases ?? [];
  if (newest === undefined) {
    return undefined;
  }
  if (older.length === 0) {
    throw new Error(`${newest.release} is the only release there is`);
  }
  const rows = older.map((one) => ({ label: plain(one.release), description: plain(said(one)), release: one.release }));
  const chosen = await vscode.window.showQuickPick(rows, {
    title: 'Go back to which release?',
    placeHolder: 'It is shown beside the newest one first; nothing is lost, for going back is a new release',
    matchOnDescription: true,
  });
  return chosen && (await confirmed(comparisons, { uri, from: newest.release, to: chosen.release }));
}

interface Way {
  readonly uri: string;
  readonly from: string;
  readonly to: string;
}

/** Show what would change, and ask. The question stays above, so that the editors can be scrolled. */
export async function confirmed(comparisons: Comparisons, way: Way): Promise<string | undefined> {
  const shown = await comparisons.show(way);
  if (shown === undefined) {
    return undefined;
  }
  const yes = { label: `$(discard) Roll back to ${plain(way.to)}` };
  const no = { label: '$(close) Leave it as it is' };
  const options = { title: `${way.from} → ${way.to}`, placeHolder: shown.said, ignoreFocusOut: true };
  const chosen = await vscode.window.showQuickPick([yes, no], options);
  await shown.close();
  return chosen === yes ? way.to : undefined;
}
