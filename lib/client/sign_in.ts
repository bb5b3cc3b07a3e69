/** Who the options say to be, from the start. */
import type { Reply } from "../protocol/requests.ts";
import type { ChatClient } from "./chat_client.ts";
import { DEVICE } from "./commands/account.ts";
import type { Context } from "./commands/command.ts";
import { Refusal } from "./errors.ts";
import type { Options } from "./options.ts";
import type { ClientStore } from "./store/client_store.ts";
import { printable } from "./view/printable.ts";

const LOGOUT_MS = 2_000;

export type Entrance = Pick<Reply<"resume">, "user" | "chats" | "contacts">;

export interface SignInContext extends Pick<Context, "secrets"> {
  readonly store?: ClientStore;
  /** Whether what was missed is to come. */
  readonly shows: boolean;
  /** Tells the person something. */
  note(line: string): void;
}

/** Undefined where nobody is named and no session is stored. Throws what the server refuses. */
export async function signIn(
  client: ChatClient,
  { name, token, register, passwordStdin }: Options,
  context: SignInContext,
): Promise<Entrance | undefined> {
  if (token !== undefined) return await client.resume({ token });
  const entrance = register ? undefined : await resumeStored(client, name, context);
  if (name === undefined) return entrance;
  const prompt = `${register ? "new password" : "password"} for ${printable(name)}`;
  // The line with the password is there in each run, and must not be taken for a text.
  if (entrance && passwordStdin) await context.secrets({ prompt, isNew: false });
  if (entrance) return entrance;
  const [password] = await context.secrets({ prompt, isNew: register });
  const fields = { name, password: password!, device: DEVICE };
  return await (register ? client.register(fields) : client.login(fields));
}

async function resumeStored(
  client: ChatClient,
  name: string | undefined,
  { store, shows, note }: SignInContext,
): Promise<Entrance | undefined> {
  if (!store) return undefined;
  const accounts = store.accounts().map(({ account }) => account);
  const stored = store.take(name);
  if (!stored) {
    const inUse = accounts.filter((account) =>
      name === undefined || account.toLowerCase() === name.toLowerCase()
    );
    if (inUse.length > 0) note(`stored, but in use by another client: the session of ${listOf(inUse)}`);
    return undefined;
  }
  const account = printable(stored.account);
  if (name === undefined) {
    const others = accounts.filter((other) => other !== stored.account);
    note(`going on as ${account}${others.length > 0 ? `, used last; --name takes ${listOf(others)}` : ""}`);
  }
  try {
    const { token, epoch, have } = stored;
    return await client.resume({ token, epoch, ...shows ? { have } : {} });
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "bad_token")) throw error;
    note(`the stored session of ${account} is over: log in again`);
    return undefined;
  }
}

function listOf(accounts: readonly string[]): string {
  return accounts.map(printable).join(", ");
}

/**
 * Sessions that nobody goes on with would pile up, and push older ones out. One that is stored, or was given by a token,
 * somebody goes on with. Waits at most 2 s; never throws.
 */
export async function endSession(client: ChatClient, { token }: Options): Promise<void> {
  if (client.hasStore || token !== undefined || client.status.phase !== "online") return;
  const waited = Promise.withResolvers<void>();
  const timer = setTimeout(waited.resolve, LOGOUT_MS);
  await Promise.race([client.logout().catch(() => {}), waited.promise]);
  clearTimeout(timer);
}
