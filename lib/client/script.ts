/**
 * The client in a script: commands from --exec or from lines, answers and (with --follow) events out. Nothing but data
 * is data; what goes wrong is a note and an exit code.
 */
import type { ChatClient } from "./chat_client.ts";
import type { Context, SecretPrompt } from "./commands/command.ts";
import { CommandError, UsageError } from "./commands/errors.ts";
import { Places } from "./commands/places.ts";
import { type Outcome, outcomeLines, type Parsed, parseLine } from "./commands/table.ts";
import { Directory } from "./directory.ts";
import { ClientError } from "./errors.ts";
import type { ChatEvent } from "./events.ts";
import { EXIT, exitCodeOf, failureText } from "./failures.ts";
import { Follower } from "./follower.ts";
import { leftoversText, refusedText, storeFailedText, unacknowledgedLines } from "./kept.ts";
import type { Options } from "./options.ts";
import type { Output } from "./output.ts";
import { endSession, signIn } from "./sign_in.ts";
import type { Lines } from "./stdin_lines.ts";
import type { ClientStore } from "./store/client_store.ts";
import { count } from "./view/names.ts";

export interface ScriptInput {
  /** Standard input. */
  readonly lines: Lines;
  /** Whether commands come from there when none are given by --exec. */
  readonly hasCommands: boolean;
  /** Asks a person for a password; null where there is none to ask. */
  askSecret(prompt: string): string | null;
  /** Resolves when the program is asked to end. */
  readonly stopped: Promise<unknown>;
}

/** Texts of standard input that may wait for their acknowledgements, while further lines are read. */
const MAX_UNDER_WAY = 1_000;

export class Script {
  readonly #client: ChatClient;
  readonly #options: Options;
  readonly #store: ClientStore | undefined;
  readonly #input: ScriptInput;
  readonly #output: Output;
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #quit = Promise.withResolvers<void>();
  /** Texts that this run could not send, and the next one will. */
  #kept = 0;
  #isQuitting = false;
  /** Its token was printed: somebody else goes on with it. */
  #keepsSession = false;
  #code: number = EXIT.done;

  constructor(
    client: ChatClient,
    options: Options,
    input: ScriptInput,
    output: Output,
    store?: ClientStore,
  ) {
    this.#client = client;
    this.#options = options;
    this.#store = store;
    this.#input = input;
    this.#output = output;
    this.#directory = new Directory(client);
    const secrets = async (...asked: SecretPrompt[]) => {
      const lines: string[] = [];
      for (const { prompt } of asked) lines.push(await this.#secret(prompt));
      return lines;
    };
    const quit = () => {
      this.#isQuitting = true;
      this.#quit.resolve();
    };
    this.#context = { client, places: new Places(client), secrets, quit };
  }

  /** Resolves with the exit code when everything is done. The client is connected, and stays open. */
  async run(): Promise<number> {
    const { follow, json } = this.#options;
    const client = this.#client;
    client.on("leftovers", (drafts) => this.#note(leftoversText(drafts)));
    client.on("leftoverRefused", (refused) => {
      this.#code ||= EXIT.failed;
      this.#note(refusedText(refused));
    });
    client.on("storeFailed", (error) => this.#note(storeFailedText(error)));
    const follower = follow ? new Follower(client, this.#output, this.#directory, json) : undefined;
    await Promise.race([this.#work(), this.#input.stopped]);
    await Promise.race([follower?.stop(), this.#input.stopped]);
    if (this.#kept > 1) this.#note(`${count(this.#kept, "text")} of this run are kept`);
    for (const line of unacknowledgedLines(client)) this.#note(line);
    if (!this.#keepsSession) await endSession(client, this.#options);
    return this.#code;
  }

  async #work(): Promise<void> {
    try {
      await signIn(this.#client, this.#options, {
        ...this.#context,
        ...this.#store ? { store: this.#store } : {},
        shows: this.#options.follow,
        note: (line) => this.#note(line),
      });
      await this.#runCommands();
      if (this.#options.follow && this.#code === EXIT.done) await this.#untilEnded();
      // What an earlier run left, too.
      await this.#client.drained();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #runCommands(): Promise<void> {
    const { exec } = this.#options;
    for (const line of exec) {
      const result = await this.#run(this.#parse(line));
      await this.#tell(result);
      if (this.#isQuitting || this.#code !== EXIT.done) return;
    }
    if (exec.length === 0 && this.#input.hasCommands) await this.#runLines();
  }

  /** A text need not be acknowledged before the next one is read; every other command waits for all before it. */
  async #runLines(): Promise<void> {
    let told: Promise<void> = Promise.resolve();
    let underWay = 0;
    while (!this.#isQuitting) {
      const line = await this.#input.lines.next();
      if (line === undefined) break;
      const parsed = this.#parse(line);
      if (parsed && !("command" in parsed && parsed.command.name === "send")) await told;
      const started = Promise.withResolvers<void>();
      const result = this.#run(parsed, started.resolve);
      underWay++;
      told = told.then(async () => {
        await this.#tell(await result);
        underWay--;
      });
      await Promise.race([result, started.promise]);
      if (underWay >= MAX_UNDER_WAY) await told;
    }
    await told;
  }

  #parse(line: string): Parsed | Failure | undefined {
    try {
      return parseLine(line);
    } catch (error) {
      return { error };
    }
  }

  /** Never throws: what becomes of a line is told in its turn. */
  async #run(
    parsed: Parsed | Failure | undefined,
    started?: () => void,
  ): Promise<Outcome | Failure | undefined> {
    if (!parsed || "error" in parsed) return parsed;
    try {
      return await parsed.run({ ...this.#context, ...started ? { started } : {} });
    } catch (error) {
      return { error };
    }
  }

  async #tell(result: Outcome | Failure | undefined): Promise<void> {
    if (!result) return;
    if ("error" in result) return this.#fail(result.error);
    if (result.command.name === "token") this.#keepsSession = true;
    try {
      await this.#print(result);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #print(outcome: Outcome): Promise<void> {
    const { command, answer } = outcome;
    if (this.#options.json) {
      return void this.#output.data(JSON.stringify({ type: "ok", command: command.name, ...answer }));
    }
    if ("events" in answer) await this.#directory.learn(answer.events as ChatEvent[]);
    for (const line of outcomeLines(outcome, { state: this.#client.state })) this.#output.data(line);
  }

  /** Until the session is over, or somebody wants the end. */
  async #untilEnded(): Promise<void> {
    const over = Promise.withResolvers<never>();
    const off = this.#client.on("status", (status) => {
      if (status.phase === "ended") over.reject(status.error);
    });
    try {
      if (this.#client.status.phase === "ended") throw this.#client.status.error;
      await Promise.race([over.promise, this.#quit.promise]);
    } finally {
      off();
    }
  }

  async #secret(prompt: string): Promise<string> {
    const secret = this.#options.passwordStdin
      ? await this.#input.lines.next()
      : this.#input.askSecret(`${prompt}:`);
    if (secret === undefined) throw new CommandError("standard input ended before a password came");
    if (secret === null) {
      throw new UsageError("no password: give --password-stdin, and the password as a line there");
    }
    return secret;
  }

  #fail(error: unknown): void {
    this.#code ||= exitCodeOf(error);
    const isKept = error instanceof ClientError && error.code === "kept";
    if (!isKept || this.#kept++ === 0) this.#note(failureText(error));
  }

  #note(line: string): void {
    this.#output.note(`chat-client: ${line}`);
  }
}

interface Failure {
  readonly error: unknown;
}
