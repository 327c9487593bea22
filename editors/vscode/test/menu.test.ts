import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crashes } from '../src/crashes';
import { behind, lost, menu } from '../src/menu';
import { said, whole } from '../src/release';
import { spotOf, type Environment, type Project, type Standing } from '../src/standing';

const DEV: Environment = {
  ...{ app: 'web', env: 'dev', uri: 'file:///shop/.env', releases: ['v3'], base: 'v2', behind: 1, conflicts: [] },
};
const SHOP: Project = {
  ...{ uri: 'file:///shop', name: 'shop', team: 'tm1x', standing: 'ready', detail: '', role: 'admin' },
  ...{ members: ['Alice', 'Bob'], alarms: [], environments: [DEV] },
};
const NOW: Standing = { peers: 1, masked: true, presenting: false, projects: [SHOP] };

function offered(standing: Standing, ahead = 0): (string | undefined)[] {
  return menu('running', standing, spotOf(standing, DEV.uri), ahead).map(({ command }) => command);
}

function with_(project: Partial<Project>, rest: Partial<Standing> = {}): Standing {
  return { ...NOW, ...rest, projects: [{ ...SHOP, ...project }] };
}

test('a project that is ready offers its releases, and says how many wait', () => {
  const rows = menu('running', NOW, spotOf(NOW, DEV.uri), 2);
  assert.deepEqual(rows[0], { label: 'web:dev' });
  const push = rows.find(({ command }) => command === 'envlsp.push');
  assert.equal(push?.description, '2 to share');
  assert.equal(rows.find(({ command }) => command === 'envlsp.pull')?.description, '1 newer');
  assert.ok(!offered(NOW).includes('envlsp.resolve'));
});

test('a conflict comes first', () => {
  const now = with_({ environments: [{ ...DEV, releases: ['v3-a', 'v3-b'], conflicts: ['API_URL'] }] });
  assert.deepEqual(offered(now).slice(0, 3), [undefined, 'envlsp.resolve', 'envlsp.ui.compareSides']);
});

test('before it is ready there is only what helps', () => {
  assert.ok(offered(with_({ standing: 'locked' })).includes('envlsp.unlock'));
  assert.ok(!offered(with_({ standing: 'locked' })).includes('envlsp.push'));
  assert.ok(offered(with_({ standing: 'not-joined' })).includes('envlsp.join'));
  assert.ok(offered({ ...NOW, projects: [] }).includes('envlsp.team.create'));
});

test('while presenting no mask comes off', () => {
  assert.ok(offered(NOW).includes('envlsp.mask.toggle'));
  assert.ok(!offered(with_({}, { presenting: true })).includes('envlsp.mask.toggle'));
});

test('without a server the item and its menu say what to do', () => {
  assert.equal(lost('running'), undefined);
  assert.equal(lost('missing'), '$(key) envlsp: not installed');
  assert.equal(menu('missing', undefined, undefined, 0)[0]?.command, 'envlsp.ui.install');
  assert.deepEqual(behind('missing', undefined, undefined, 0), []);
});

test('behind the item rests what is known, in words', () => {
  assert.deepEqual(behind('running', NOW, spotOf(NOW, DEV.uri), 1), [
    'shop, you are admin',
    '2 in the team, 1 online',
    'web:dev: v3, the file is at v2',
    '1 name to share',
    '1 release that the file lacks',
  ]);
});

test('a release is its author and what it is about', () => {
  const release = { release: 'v2', author: 'Bob', ts: 0, message: '', added: ['A', 'B'], changed: [], removed: ['C'] };
  assert.equal(said(release), 'Bob: +2 ~0 -1');
  assert.equal(said({ ...release, message: 'new host' }), 'Bob: new host');
  assert.ok(whole(release).endsWith('\nadded: A, B\nremoved: C'));
});

test('a server that ends again and again is not started for ever', () => {
  const crashes = new Crashes();
  assert.deepEqual([0, 1, 2, 3, 4].map((now) => crashes.count(now)), [true, true, true, true, false]);
  assert.ok(crashes.count(1_000_000));
  crashes.forget();
  assert.ok(crashes.count(1_000_001));
});
