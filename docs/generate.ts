/** `deno task docs`: writes the generated parts of protocol.md, and protocol.schema.json, from lib/protocol. */
import { protocolSchema } from "./json_schema.ts";
import { renderParts, withParts } from "./render.ts";

const markdown = new URL("protocol.md", import.meta.url);
await Deno.writeTextFile(markdown, withParts(await Deno.readTextFile(markdown), renderParts()));
await Deno.writeTextFile(
  new URL("protocol.schema.json", import.meta.url),
  `${JSON.stringify(protocolSchema(), null, 2)}\n`,
);
