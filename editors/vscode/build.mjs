// Bundles the extension, and writes the grammar from the rule that the server's code says.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';

const common = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning' };

/**
 * The text of a search that is opened in an editor: lines under the name of an env file have no colour.
 * The line above all results has one, so that none without is plain once the text was gone through.
 */
const FOUND = {
  scopeName: 'found.envlsp',
  injectionSelector: 'L:text.searchResult -meta.header',
  patterns: [
    {
      begin: '^(?![\\s#])(?:.*[ /\\\\])?(?:\\.env(?:\\.[^/\\\\]*)?|[^/\\\\]+\\.env~?):$',
      end: '^(?!\\s)',
      beginCaptures: { 0: { name: 'string meta.path.search' } },
      patterns: [
        { match: '^ +\\d+:? ', name: 'constant.numeric.integer meta.resultLinePrefix.search' },
        { match: '.+', name: 'covered.envlsp' },
      ],
    },
    { match: '^[^\\s#].*[^\\s:]$', name: 'comment' },
  ],
};

async function grammar() {
  const rules = JSON.parse(await readFile('src/rules.json', 'utf8'));
  const text = {
    scopeName: 'source.envlsp',
    patterns: [
      { match: rules.seenAtMost, name: 'variable.other.envlsp' },
      { match: '.+', name: 'covered.envlsp' },
    ],
  };
  await writeFile('dist/env.tmLanguage.json', JSON.stringify(text, undefined, 2) + '\n');
  await writeFile('dist/found.tmLanguage.json', JSON.stringify(FOUND, undefined, 2) + '\n');
}

await mkdir('dist/test', { recursive: true });
if (process.argv.includes('--tests')) {
  await rm('dist/test', { recursive: true, force: true }); // of a test that is gone
  await build({ ...common, entryPoints: ['test/*.test.ts'], outdir: 'dist/test' });
} else {
  await build({
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
    minify: true,
  });
  await grammar();
  await copyFile('../../LICENSE', 'dist/LICENSE.txt');
}
