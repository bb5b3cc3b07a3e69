import { deepStrictEqual as equal } from "node:assert/strict";
import { serviceTest } from "../kit/services.ts";

const ASK = `import { promptSecret } from "@std/cli/prompt-secret";
  const secret = promptSecret("Password:");
  console.log("got", JSON.stringify(secret));`;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

serviceTest("without a terminal there is no secret", async () => {
  const args = ["eval", "-q", `--config=${CONFIG}`, ASK];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  equal(new TextDecoder().decode(stdout), "got null\n");
});

serviceTest("what is typed is masked, and Backspace takes back whole characters", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, ASK);
  const shown = await typeOnTerminal(
    `'${Deno.execPath()}' run -q --config='${CONFIG}' '${file}'`,
    "sé€x\x7f\x7ft\n",
  );
  await Deno.remove(file);
  equal(shown.match(/got (.*?)\r?\n/)?.[1], `"sét"`, shown);
  equal(shown.includes("\r\x1b[KPassword: ***\r"), true, shown);
  equal(/[sx€]/.test(shown.split("got")[0]!.replaceAll("Password:", "")), false, shown);
});

/** What a command shows on a terminal (of script(1)) where `text` is typed once it asks. */
async function typeOnTerminal(command: string, text: string): Promise<string> {
  await using child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  let shown = "";
  let isTyped = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += part;
    if (isTyped || !shown.includes("Password:")) continue;
    isTyped = true;
    await writer.write(new TextEncoder().encode(text));
  }
  await writer.close().catch(() => {}); // script has ended, and its pipe with it
  return shown;
}
