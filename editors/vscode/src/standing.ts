// Where the projects stand, and the line of the status bar that says so. Pure.
// Spec: docs/lsp-extensions.md, "envlsp/status".

export interface Environment {
  readonly app: string;
  readonly env: string;
  readonly uri: string;
  readonly releases: readonly string[];
  readonly base: string;
  readonly behind: number;
  readonly conflicts: readonly string[];
}

export interface Project {
  readonly uri: string;
  readonly name: string;
  readonly team: string;
  readonly standing: string;
  readonly detail: string;
  readonly role: string;
  readonly members: readonly string[];
  readonly alarms: readonly string[];
  readonly environments: readonly Environment[];
}

export interface Standing {
  readonly peers: number;
  readonly masked: boolean;
  readonly presenting: boolean;
  readonly projects: readonly Project[];
}

export interface Spot {
  readonly project: Project;
  readonly environment: Environment | undefined;
}

/** Return what a document belongs to: the environment whose file or document it is, else the innermost project. */
export function spotOf(standing: Standing, uri: string | undefined): Spot | undefined {
  for (const project of standing.projects) {
    const shown = project.environments.find((one) => uri?.split('@', 1)[0] === addressOf(project, one));
    if (shown !== undefined) {
      return { project, environment: shown };
    }
  }
  const inside = standing.projects.filter(({ uri: root }) => uri?.startsWith(`${root.replace(/\/$/, '')}/`));
  const project = inside.sort((one, other) => other.uri.length - one.uri.length)[0] ?? standing.projects[0];
  return project && { project, environment: project.environments.find((one) => one.uri === uri) };
}

function addressOf({ team, name }: Project, { app, env }: Environment): string {
  return `envlsp://${team}/${name}/${app}/${env}`;
}

/** Return the line of the status bar; `ahead` counts the names that nobody pushed yet. */
export function line(standing: Standing, spot: Spot | undefined, ahead: number): string {
  const parts = ['$(key)'];
  if (spot !== undefined) {
    parts.push(...of(spot, ahead));
  }
  if (standing.peers > 0) {
    parts.push(`$(broadcast) ${standing.peers}`);
  }
  if (standing.presenting) {
    parts.push('$(device-camera-video) presenting');
  } else if (!standing.masked) {
    parts.push('$(eye) unmasked');
  }
  return parts.join(' ');
}

function of({ project, environment }: Spot, ahead: number): string[] {
  if (project.standing !== 'ready') {
    const icon = project.standing === 'locked' ? '$(lock) ' : '';
    return [`${project.name || 'envlsp'}: ${icon}${project.standing.replaceAll('-', ' ')}`];
  }
  if (environment === undefined) {
    return [project.name];
  }
  const { app, env, releases, behind, conflicts } = environment;
  return [
    `${app ? `${app}:` : ''}${env}`,
    ...(releases.length > 0 ? [releases.join(' ')] : []),
    ...(ahead > 0 ? [`↑${ahead}`] : []),
    ...(behind > 0 ? [`↓${behind}`] : []),
    ...(conflicts.length > 0 ? [`$(warning) ${conflicts.length}`] : []),
  ];
}
