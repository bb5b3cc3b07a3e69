/** Commands about this program and its connection. `/help` is in the table itself. */
import { type Command, command } from "./command.ts";

export const PROGRAM: readonly Command[] = [
  command({
    name: "ping",
    area: "program",
    args: {},
    help: "ask the server for an answer, and say how long it took",
    example: "/ping",
    async run({ client }) {
      const start = performance.now();
      const { time } = await client.request("ping", {});
      return { time, ms: Math.round((performance.now() - start) * 10) / 10 };
    },
    show: ({ ms }) => [`answered in ${ms} ms`],
  }),
  command({
    name: "quit",
    area: "program",
    args: {},
    help: "end this program",
    example: "/quit",
    isLocal: true,
    run({ quit }) {
      quit();
      return {};
    },
  }),
];
