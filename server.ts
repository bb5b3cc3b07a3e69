/** The chat server: `deno task server [host] port`. */
import { main } from "./lib/app/main.ts";

Deno.exit(await main(Deno.args));
