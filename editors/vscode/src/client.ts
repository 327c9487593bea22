// The language client: what is said to the server, and who hears what it says.
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State,
  type ConfigurationMiddleware,
  type DynamicFeature,
  type LanguageClientOptions,
  type StaticFeature,
} from 'vscode-languageclient/node';
import { confirm, input, pick, tell, type Choice, type Message, type Question, type YesOrNo } from './ask';
import type { Told } from './covers';
import { besideDots } from './hints';
import { withLinks } from './hover';
import type { Masks } from './masks';
import { onFiles } from './named';
import { MASK } from './seen';
import type { Standing } from './standing';
import { SERVED } from './where';

/** Ours to do: commands are in the palette before the server is up, documents can be saved, tokens show text. */
const DONE_HERE = new Set([
  'workspace/executeCommand',
  'workspace/textDocumentContent',
  'textDocument/semanticTokens',
]);
class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if (!('registrationType' in feature && DONE_HERE.has(feature.registrationType.method))) {
      super.registerFeature(feature);
    }
  }
}

/** Says what this editor can do: docs/lsp-extensions.md, "Saying what the editor can do". */
const abilities: StaticFeature = {
  fillClientCapabilities(capabilities) {
    const asked = { input: true, pick: true, confirm: true };
    const shown = { code: true, status: true, reveal: true, masks: true, files: true, words: true };
    capabilities.experimental = { envlsp: { ...asked, ...shown } };
  },
  initialize() {},
  getState: () => ({ kind: 'static' }),
  clear() {},
};

/** What becomes of what the client hears. */
interface Ears {
  /** Gets undefined when the server is gone. */
  readonly onStanding: (standing: Standing | undefined) => void;
  /** The server ended by itself: is it started again? */
  readonly mayStartAgain: () => boolean;
}

/** Return a client that is not started. */
export function makeClient(path: string, masks: Masks, log: vscode.LogOutputChannel, ears: Ears): LanguageClient {
  const { onStanding, mayStartAgain } = ears;
  const options: LanguageClientOptions = {
    documentSelector: SERVED,
    outputChannel: log,
    traceOutputChannel: quiet(log),
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: mayStartAgain() ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true }),
    },
    initializationFailedHandler: () => false, // said by whoever started it
    middleware: { provideHover: withLinks, provideInlayHints: besideDots, workspace: { configuration: settings } },
  };
  const client = new Client('envlsp', 'envlsp', { command: path, args: ['lsp'] }, options);
  client.registerFeature(abilities);
  client.onNotification('envlsp/masks', (message: Told) => masks.told(message));
  client.onNotification('envlsp/files', onFiles);
  client.onNotification('envlsp/status', onStanding);
  client.onNotification('window/showMessage', (message: Message) => tell(message));
  client.onRequest('envlsp/input', (question: Question, token) => input(question, token));
  client.onRequest('envlsp/confirm', (question: YesOrNo) => confirm(question));
  client.onRequest('envlsp/pick', (choice: Choice, token) => pick(choice, token));
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Stopped) {
      masks.forget();
      onStanding(undefined);
    } else if (newState === State.Running) {
      const said = client.initializeResult?.capabilities.experimental as Experimental | undefined;
      masks.look(said?.envlsp?.masks?.text ?? MASK);
    }
  });
  return client;
}

interface Experimental {
  readonly envlsp?: { readonly masks?: { readonly text?: string } };
}

/** Return the settings that were asked for, without the one that is not the server's. */
const settings: NonNullable<ConfigurationMiddleware['configuration']> = async (params, token, next) => {
  const found: unknown = await next(params, token);
  return Array.isArray(found) ? found.map(withoutPath) : [];
};

function withoutPath(table: unknown): unknown {
  if (typeof table !== 'object' || table === null) {
    return table;
  }
  return Object.fromEntries(Object.entries(table).filter(([name]) => name !== 'path'));
}

/** Return a log that keeps of a trace which message it was: the rest has the text of documents. */
function quiet(log: vscode.LogOutputChannel): vscode.LogOutputChannel {
  const trace = (message: string): void => {
    const first = message.split('\n', 1)[0] ?? '';
    if (!first.startsWith('{')) {
      log.trace(first);
    }
  };
  return new Proxy(log, {
    get: (target, name) => (name === 'trace' ? trace : (Reflect.get(target, name, target) as unknown)),
  });
}
