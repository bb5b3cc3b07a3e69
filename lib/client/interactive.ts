/** The client for a person: commands in, events as they come, one open chat that is marked as read. */
import type { ChatClient } from "./chat_client.ts";
import type { Context, SecretPrompt } from "./commands/command.ts";
import { CommandError } from "./commands/errors.ts";
import { Places } from "./commands/places.ts";
import { outcomeLines, type Parsed, parseLine } from "./commands/table.ts";
import { Directory } from "./directory.ts";
import { ClientError } from "./errors.ts";
import type { ChatEvent } from "./events.ts";
import { EXIT, exitCodeOf, failureText, RESET_TEXT } from "./failures.ts";
import { leftoversText, refusedText, storeFailedText, unacknowledgedLines } from "./kept.ts";
import type { Options } from "./options.ts";
import { ReadMarker } from "./read_marker.ts";
import { endSession, signIn } from "./sign_in.ts";
import type { Status } from "./status.ts";
import type { ClientStore } from "./store/client_store.ts";
import { Terminal } from "./terminal.ts";
import { eventLines, hintLines, type Scene } from "./view/events.ts";
import { welcomeLines } from "./view/lists.ts";
import { printable } from "./view/printable.ts";

const FINISH_MS = 5_000;

export class Interactive {
  readonly #client: ChatClient;
  readonly #options: Options;
  readonly #store: ClientStore | undefined;
  readonly #places: Places;
  readonly #directory: Directory;
  readonly #marker: ReadMarker;
  readonly #terminal: Terminal;
  readonly #context: Context;
  readonly #over = Promise.withResolvers<void>();
  #isLost = false;
  #isOver = false;
  /** Commands run one after the other. */
  #commands: Promise<void> = Promise.resolve();
  readonly #begun = Promise.withResolvers<void>();
  /** Events are shown one after the other: the first waits until it is said who one is, some wait for a name. */
  #showing: Promise<void> = this.#begun.promise;

  constructor(client: ChatClient, options: Options, store?: ClientStore) {
    this.#client = client;
    this.#options = options;
    this.#store = store;
    this.#places = new Places(client);
    this.#directory = new Directory(client);
    this.#marker = new ReadMarker(client);
    this.#terminal = new Terminal({
      line: (line) => this.#enter(line),
      closed: () => this.#over.resolve(),
    });
    this.#context = {
      client,
      places: this.#places,
      secrets: (...asked) => this.#secrets(asked),
      quit: () => this.#over.resolve(),
    };
  }

  /** Resolves with the exit code when the person has quit. The client is connected, and stays open. */
  async run(): Promise<number> {
    const client = this.#client;
    const { host, port } = this.#options;
    const stopShowing = client.on("event", (event) => this.#show(event));
    client.on("hint", (hint) => this.#print(hintLines(hint, client.state)));
    client.on("status", (status) => this.#tell(status));
    client.on("leftovers", (drafts) => this.#print([`-- ${leftoversText(drafts)}`]));
    client.on("leftoverRefused", (refused) => this.#print([`! ${refusedText(refused)}`]));
    client.on("storeFailed", (error) => this.#print([`! ${storeFailedText(error)}`]));
    client.on("reset", () => this.#print([`-- ${RESET_TEXT}`]));
    this.#print([`connected to ${host}:${port}; /help lists the commands`]);
    this.#commands = this.#begin();
    await this.#over.promise;
    await this.#finish();
    stopShowing(); // that its own session ends is no news
    this.#isOver = true;
    this.#terminal.close();
    this.#print(unacknowledgedLines(client).map((line) => `! ${line}`));
    await endSession(client, this.#options);
    return EXIT.done;
  }

  /** What was typed before the end is still sent, for a while. */
  async #finish(): Promise<void> {
    if (this.#client.status.phase !== "online") return;
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FINISH_MS);
    await Promise.race([this.#commands.then(() => this.#client.drained()), tooLate]);
    clearTimeout(timer);
  }

  async #begin(): Promise<void> {
    try {
      const entrance = await signIn(this.#client, this.#options, {
        ...this.#context,
        ...this.#store ? { store: this.#store } : {},
        shows: true,
        note: (line) => this.#print([`-- ${line}`]),
      });
      this.#print(entrance ? welcomeLines(entrance) : ["/login NAME, or /register NAME for a new account"]);
    } catch (error) {
      this.#fail(error);
      if (exitCodeOf(error) === EXIT.login) this.#print(["try again: /login NAME, or /register NAME"]);
    }
    this.#begun.resolve();
    this.#prompt();
  }

  #enter(line: string): void {
    let parsed: Parsed | undefined;
    try {
      parsed = parseLine(line);
    } catch (error) {
      this.#fail(error);
    }
    if (!parsed) return this.#prompt();
    if (parsed.command.isLocal) return void this.#run(line, parsed);
    this.#commands = this.#commands.then(async () => {
      const started = Promise.withResolvers<void>();
      await Promise.race([this.#run(line, parsed, started.resolve), started.promise]);
    });
  }

  async #run(line: string, parsed: Parsed, started: () => void = () => {}): Promise<void> {
    try {
      // Its session ended, and nobody was there to begin another one with.
      if (this.#client.status.phase === "idle") await this.#client.connect();
      const outcome = await parsed.run({ ...this.#context, started });
      if ("events" in outcome.answer) await this.#directory.learn(outcome.answer.events as ChatEvent[]);
      this.#print(outcomeLines(outcome, this.#scene()));
    } catch (error) {
      this.#fail(error);
      const isKept = error instanceof ClientError && error.code === "kept";
      if (parsed.command.name === "send" && !isKept) this.#print([`! not sent: ${printable(line)}`]);
    }
    this.#prompt();
  }

  #show(event: ChatEvent): void {
    this.#showing = this.#showing.then(async () => {
      await this.#directory.learn([event]);
      this.#print(eventLines(event, this.#scene()));
      this.#client.shown(event);
      const { open } = this.#places;
      if (open && "chat" in open && open.chat === event.chat) this.#marker.mark(event.chat, event.seq);
    });
  }

  #tell(status: Status): void {
    if (status.phase === "offline" && !this.#isLost) {
      this.#isLost = true;
      this.#print(["-- the connection is lost, and tried again; what you write is kept, and sent then"]);
    } else if (status.phase === "online" || status.phase === "guest") {
      if (this.#isLost) this.#print(["-- connected again"]);
      this.#isLost = false;
    } else if (status.phase === "ended") {
      this.#print([`-- ${failureText(status.error)}`]);
      this.#places.open = undefined;
      this.#client.connect().then(
        () => this.#print(["-- connected, as nobody: /login NAME"]),
        (error) => this.#fail(error), // the next command tries again
      );
    }
    this.#prompt();
  }

  #scene(): Scene {
    const { state } = this.#client;
    const { open } = this.#places;
    return open && "chat" in open ? { state, open: open.chat } : { state };
  }

  #prompt(): void {
    const { state, status } = this.#client;
    const { open } = this.#places;
    const where = open ? `[${this.#places.title(open)}]` : printable(state.me?.name ?? "");
    this.#terminal.prompt(`${where}${status.phase === "offline" ? " (offline)" : ""}> `);
  }

  #print(lines: readonly string[]): void {
    this.#terminal.print(lines);
  }

  #fail(error: unknown): void {
    if (!this.#isOver) this.#print([`! ${failureText(error)}`]);
  }

  async #secrets(asked: readonly SecretPrompt[]): Promise<string[]> {
    const again = "the same again";
    const prompts = asked.flatMap(({ prompt, isNew }) => isNew ? [prompt, again] : [prompt]);
    const lines = await this.#terminal.secrets(...prompts);
    if (prompts.some((prompt, i) => prompt === again && lines[i] !== lines[i - 1])) {
      throw new CommandError("the two were not the same: nothing was changed");
    }
    return lines.filter((_, i) => prompts[i] !== again);
  }
}
