/** The chat client: `deno task client [host] port`. */
import { VERSION } from "./lib/app/version.ts";
import { main } from "./lib/client/main.ts";

Deno.exit(await main(Deno.args, VERSION));
