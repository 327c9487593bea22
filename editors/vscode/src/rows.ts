// The result of a verb as rows to look through: whatever fields it has. Pure.

export interface Row {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

type Fields = Readonly<Record<string, unknown>>;

const TITLES = ['release', 'name', 'label', 'section', 'what', 'id'];
/** Told by the rest, or of no use to a person. */
const UNSAID = new Set(['schema', 'uri', 'text']);

/** Return a row for each thing of a result, in its own order. */
export function rows(result: unknown): Row[] {
  return isFields(result) ? Object.entries(result).flatMap(([key, value]) => rowsOf(key, value)) : [];
}

/** Return a sentence about a result: its plain fields. */
export function sentence(result: unknown): string {
  return isFields(result) ? said(result, UNSAID) : '';
}

function rowsOf(key: string, value: unknown): Row[] {
  if (UNSAID.has(key) || isNothing(value)) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown) => (isFields(one) ? [rowOf(key, one)] : rowsOf(key, one)));
  }
  if (isFields(value)) {
    return [{ label: words(key), description: said(value, UNSAID), detail: '' }];
  }
  return [{ label: plainText(key, value), description: words(key), detail: '' }];
}

function rowOf(key: string, fields: Fields): Row {
  const title = TITLES.find((one) => typeof fields[one] === 'string' && fields[one] !== '');
  const detail = ['message', 'says', 'advice', 'fix'].filter((one) => typeof fields[one] === 'string');
  const left = new Set([...UNSAID, ...detail, 'id', ...(title === undefined ? [] : [title])]);
  return {
    label: title === undefined ? words(key) : String(fields[title]),
    description: said(fields, left),
    detail: detail.map((one) => fields[one]).join(' · '),
  };
}

function said(fields: Fields, left: ReadonlySet<string>): string {
  return Object.entries(fields)
    .filter(([key, value]) => !left.has(key) && !isNothing(value) && !(isFields(value) && said(value, left) === ''))
    .map(([key, value]) => `${words(key)} ${inner(key, value)}`)
    .join(' · ');
}

function inner(key: string, value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((one: unknown) => (isFields(one) ? rowOf(key, one).label : String(one))).join(', ');
  }
  return isFields(value) ? `(${said(value, UNSAID)})` : plainText(key, value);
}

function plainText(key: string, value: unknown): string {
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }
  const isTime = typeof value === 'number' && (/(^|_)(ts|seen|met)$/.test(key) || key === 'not_after');
  return isTime ? new Date(value * 1000).toLocaleString() : String(value);
}

function words(key: string): string {
  return key.replaceAll('_', ' ');
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
