// Puts the server into the package, for machines that lack it: its wheel, and what that needs,
// each at the one version and hash that our tests ran with. Needs hatchling: .venv/bin has it.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const into = 'dist/server';

await rm(into, { recursive: true, force: true });
await rm('dist/envlsp.vsix', { force: true }); // a wheel takes it along where it finds it: one inside the other for ever
await mkdir(into, { recursive: true });
await promisify(execFile)('hatchling', ['build', '-t', 'wheel', '-d', `editors/vscode/${into}`], { cwd: '../..' });
await copyFile('../../requirements.txt', `${into}/requirements.txt`);
