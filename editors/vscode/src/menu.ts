// What the menu of the status bar offers, and what rests behind its item: by how things stand. Pure.
import type { Life } from './running';
import type { Spot, Standing } from './standing';

/** A row of the menu, or with no command a line between rows. */
export interface Entry {
  readonly label: string;
  readonly description?: string;
  readonly command?: string;
}

const OWN = 'envlsp.ui.';
const LOST: Readonly<Record<Exclude<Life, 'running'>, readonly [said: string, rows: readonly Entry[]]>> = {
  starting: ['starting', []],
  missing: [
    'not installed',
    [
      { label: '$(cloud-download) Install It Here', command: `${OWN}install` },
      { label: '$(book) How to Install It', command: `${OWN}firstSteps` },
    ],
  ],
  failed: ['not running', [{ label: '$(debug-restart) Start It Again', command: `${OWN}restart` }]],
  untrusted: ['waits for trust', [{ label: '$(shield) Trust This Workspace …', command: 'workbench.trust.manage' }]],
};
const LAST: readonly Entry[] = [
  { label: '$(pulse) Doctor', command: 'envlsp.doctor' },
  { label: '$(output) Log', command: `${OWN}log` },
  { label: '$(settings-gear) Settings', command: `${OWN}settings` },
];

/** Return what the item says of a server that is not there; undefined while it is. */
export function lost(life: Life): string | undefined {
  return life === 'running' ? undefined : `$(key) envlsp: ${LOST[life][0]}`;
}

export function menu(life: Life, standing: Standing | undefined, spot: Spot | undefined, ahead: number): Entry[] {
  if (life !== 'running') {
    return [...LOST[life][1], ...LAST.slice(1)];
  }
  return [...where(standing, spot, ahead), ...between('This window', window(standing)), ...between('envlsp', LAST)];
}

function where(standing: Standing | undefined, spot: Spot | undefined, ahead: number): Entry[] {
  const stands = spot?.project.standing ?? 'no-project';
  if (stands === 'ready' && spot !== undefined) {
    const title = spot.environment === undefined ? spot.project.name : nameOf(spot.environment);
    return [...between(title, releases(spot, ahead)), ...between('Team', team(standing))];
  }
  return between(spot?.project.name || 'No project', BEFORE[stands] ?? []);
}

const JOIN: Entry = { label: '$(person-add) Join a Team …', command: 'envlsp.join' };
const BEFORE: Readonly<Record<string, readonly Entry[]>> = {
  'no-project': [{ label: '$(organization) Create a Team …', command: 'envlsp.team.create' }, JOIN],
  'not-joined': [JOIN, { label: '$(mail) Request Access …', command: 'envlsp.request' }],
  locked: [{ label: '$(unlock) Unlock …', command: 'envlsp.unlock' }],
  waiting: [{ label: '$(sync) Sync', command: 'envlsp.sync' }],
  removed: [{ label: '$(list-unordered) Status', command: 'envlsp.status' }],
};

function releases({ environment }: Spot, ahead: number): Entry[] {
  const behind = environment?.behind ?? 0;
  const conflicts = environment?.conflicts ?? [];
  const settle: Entry[] = [
    { label: '$(git-merge) Resolve Conflicts …', description: conflicts.join(', '), command: 'envlsp.resolve' },
    { label: '$(diff) Compare the Sides', command: `${OWN}compareSides` },
  ];
  return [
    ...(conflicts.length > 0 ? settle : []),
    { label: '$(cloud-upload) Push', ...counted(ahead, 'to share'), command: 'envlsp.push' },
    { label: '$(checklist) Push Some Names …', command: `${OWN}pushSome` },
    { label: '$(cloud-download) Pull', ...counted(behind, 'newer'), command: 'envlsp.pull' },
    { label: '$(diff) Compare with the Newest Release', command: 'envlsp.diff' },
    { label: '$(history) Roll Back to a Release …', command: 'envlsp.rollback' },
    { label: '$(edit) Edit the Newest Release', command: `${OWN}editNewest` },
    { label: '$(arrow-swap) Switch Environment …', command: 'envlsp.switch' },
    { label: '$(list-unordered) Status', command: 'envlsp.status' },
  ];
}

function team(standing: Standing | undefined): Entry[] {
  return [
    { label: '$(sync) Sync', command: 'envlsp.sync' },
    { label: '$(broadcast) Peers', description: `${standing?.peers ?? 0} online`, command: 'envlsp.peers' },
    { label: '$(person-add) Invite …', command: 'envlsp.invite' },
    { label: '$(lock) Lock', command: 'envlsp.lock' },
  ];
}

function window(standing: Standing | undefined): Entry[] {
  const { masked = true, presenting = false } = standing ?? {};
  const masks: Entry = {
    label: masked ? '$(eye) Take the Masks off' : '$(eye-closed) Put the Masks on',
    command: 'envlsp.mask.toggle',
  };
  return [
    ...(presenting ? [] : [masks]),
    {
      label: `$(device-camera-video) ${presenting ? 'End the Presentation' : 'Present: Nothing Is Revealed'}`,
      command: 'envlsp.presentation.toggle',
    },
  ];
}

/** Return what rests behind the item: one line for each thing that is known. */
export function behind(life: Life, standing: Standing | undefined, spot: Spot | undefined, ahead: number): string[] {
  if (life !== 'running' || standing === undefined || spot === undefined) {
    return [];
  }
  const { project, environment } = spot;
  const { detail, alarms, role, members } = project;
  const ready = [`${project.name}, you are ${role}`, `${members.length} in the team, ${standing.peers} online`];
  return [
    ...(project.standing === 'ready' ? ready : [`${project.name}: ${project.standing.replaceAll('-', ' ')}`]),
    ...(environment === undefined ? [] : aboutEnvironment(environment, ahead)),
    ...[detail, ...alarms].filter(Boolean),
  ];
}

function aboutEnvironment(environment: NonNullable<Spot['environment']>, ahead: number): string[] {
  const { releases: newest, base, behind: missed, conflicts } = environment;
  return [
    `${nameOf(environment)}: ${newest.join(' and ') || 'no release yet'}${base && !newest.includes(base) ? `, the file is at ${base}` : ''}`,
    ...(ahead > 0 ? [`${ahead} ${ahead === 1 ? 'name' : 'names'} to share`] : []),
    ...(missed > 0 ? [`${missed} ${missed === 1 ? 'release' : 'releases'} that the file lacks`] : []),
    ...(conflicts.length > 0 ? [`in conflict: ${conflicts.join(', ')}`] : []),
  ];
}

function nameOf({ app, env }: { app: string; env: string }): string {
  return app ? `${app}:${env}` : env;
}

function counted(number: number, what: string): { description?: string } {
  return number > 0 ? { description: `${number} ${what}` } : {};
}

function between(label: string, rows: readonly Entry[]): Entry[] {
  return rows.length === 0 ? [] : [{ label }, ...rows];
}
