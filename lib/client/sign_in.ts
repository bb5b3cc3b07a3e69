/** Who the options say to be, from the start. */
import type { Reply } from "../protocol/requests.ts";
import type { ChatClient } from "./chat_client.ts";
import { DEVICE } from "./commands/account.ts";
import type { Context } from "./commands/command.ts";
import type { Options } from "./options.ts";
import { printable } from "./view/printable.ts";

const LOGOUT_MS = 2_000;

export type Entrance = Pick<Reply<"resume">, "user" | "chats" | "contacts">;

/** Undefined where nobody is named. Throws what the server refuses. */
export async function signIn(
  client: ChatClient,
  { name, token, register }: Options,
  { secrets }: Pick<Context, "secrets">,
): Promise<Entrance | undefined> {
  if (token !== undefined) return await client.resume({ token });
  if (name === undefined) return undefined;
  const prompt = `${register ? "new password" : "password"} for ${printable(name)}`;
  const [password] = await secrets({ prompt, isNew: register });
  const fields = { name, password: password!, device: DEVICE };
  return await (register ? client.register(fields) : client.login(fields));
}

/** Sessions that nobody goes on with would pile up, and push older ones out. Waits at most 2 s; never throws. */
export async function endSession(client: ChatClient): Promise<void> {
  if (client.status.phase !== "online") return;
  const waited = Promise.withResolvers<void>();
  const timer = setTimeout(waited.resolve, LOGOUT_MS);
  await Promise.race([client.logout().catch(() => {}), waited.promise]);
  clearTimeout(timer);
}
