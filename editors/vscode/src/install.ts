// Installs the program that came with the extension, when a person asks for it: into a folder of
// the extension's own, by uv or by Python, with every part at the version and hash that was tested.
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
const NEW_ENOUGH = 'import sys, venv; sys.exit(sys.version_info < (3, 11))';

const run = promisify(execFile);
type Step = readonly [program: string, ...words: string[]];

/** Return where the program is once it was installed from here. */
export function installed(context: vscode.ExtensionContext): string {
  return join(home(context), 'bin', 'envlsp');
}

/** Install it; what goes wrong is shown, with the log beside it. Return whether it is there. */
export async function install(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<boolean> {
  const options = { location: vscode.ProgressLocation.Notification, title: 'Installing envlsp' };
  try {
    await vscode.window.withProgress(options, () => installUnder(context, log));
    return true;
  } catch (error) {
    const { message } = error as Error;
    log.error(message);
    const more = await vscode.window.showErrorMessage(`envlsp was not installed: ${message.split('\n', 1)[0]}`, 'Log');
    if (more !== undefined) {
      log.show();
    }
    return false;
  }
}

async function installUnder(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  const target = home(context);
  const cwd = context.globalStorageUri.fsPath; // never the workspace: what lies there is not ours to run
  await mkdir(cwd, { recursive: true });
  await rm(target, { recursive: true, force: true });
  try {
    for (const [name, ...words] of await steps(context, target)) {
      log.info([name, ...words].join(' '));
      const { stdout, stderr } = await run(name, words, { cwd, env: environment() });
      log.info(`${stdout}${stderr}`.trim());
    } // the program itself comes last: where it is, all is
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    throw error;
  }
}

async function steps(context: vscode.ExtensionContext, target: string): Promise<readonly Step[]> {
  const carried = context.asAbsolutePath(join('dist', 'server'));
  const wheel = (await readdir(carried).catch(() => [])).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) {
    throw new Error('this build of the extension has no program in it; install envlsp with uv or pipx');
  }
  const python = join(target, 'bin', 'python');
  const parts = ['--require-hashes', '-r', join(carried, 'requirements.txt')];
  const itself = ['--no-deps', join(carried, wheel)];
  const uv = await first(['uv'], ['--version']);
  if (uv !== undefined) {
    const pip: Step = [uv, 'pip', 'install', '--python', python];
    return [
      [uv, 'venv', '--no-project', '--python', '>=3.11', target],
      [...pip, ...parts],
      [...pip, ...itself],
    ];
  }
  const system = await first(PYTHONS, ['-I', '-c', NEW_ENOUGH]);
  if (system === undefined) {
    throw new Error('it needs uv, or Python 3.11 or newer with its module venv; neither is on PATH');
  }
  const pip: Step = [python, '-I', '-m', 'pip', 'install', '--disable-pip-version-check'];
  return [
    [system, '-I', '-m', 'venv', target],
    [...pip, ...parts],
    [...pip, ...itself],
  ];
}

/** Return the first of some programs on PATH that does what it is asked. */
async function first(names: readonly string[], words: readonly string[]): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    const works = await run(path, [...words]).then(
      () => true,
      () => false,
    );
    if (works) {
      return path;
    }
  }
  return undefined;
}

/** Return our environment without what points Python at other people's packages. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PYTHON|VIRTUAL_ENV|UV_PROJECT)/.test(name)));
}

function home(context: vscode.ExtensionContext): string {
  const version = String((context.extension.packageJSON as { version: unknown }).version);
  return join(context.globalStorageUri.fsPath, `server-${version}`);
}
