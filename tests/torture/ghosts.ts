/** Asks, when everybody has left, who still seems online: nobody may, whatever died before. */
import { ChatClient } from "../../lib/client/chat_client.ts";
import { pause } from "../../lib/service/pause.ts";
import { PASSWORD } from "../kit/server.ts";

const POLL_MS = 500;
/** A dead server's lease, and the time in which leaving is believed. */
const TIMEOUT_MS = 40_000;

export interface Observer {
  readonly port: number;
  /** A group's member, who is not counted. */
  readonly name: string;
  readonly chat: number;
}

/** The members who seem online until the end. */
export async function ghosts({ port, name, chat }: Observer): Promise<number[]> {
  using client = new ChatClient({ port });
  await client.connect();
  const { user: me } = await client.login({ name, password: PASSWORD });
  const deadline = performance.now() + TIMEOUT_MS;
  while (true) {
    const { members } = await client.request("group_info", { chat });
    const online = members.filter(({ user, online }) => online && user.id !== me.id).map(({ user }) =>
      user.id
    );
    if (online.length === 0 || performance.now() > deadline) return online;
    await pause(POLL_MS);
  }
}
