/**
 * The client in a script: commands from --exec or from lines, answers and (with --follow) events out. Nothing but data
 * is data; what goes wrong is a note and an exit code.
 */
import type { ChatClient } from "./chat_client.ts";
import type { Context, SecretPrompt } from "./commands/command.ts";
import { CommandError, UsageError } from "./commands/errors.ts";
import { Places } from "./commands/places.ts";
import { type Outcome, outcomeLines, parseLine } from "./commands/table.ts";
import { Directory } from "./directory.ts";
import type { ChatEvent } from "./events.ts";
import { EXIT, exitCodeOf, failureText } from "./failures.ts";
import type { Hint } from "./messages.ts";
import type { Options } from "./options.ts";
import type { Output } from "./output.ts";
import { endSession, signIn } from "./sign_in.ts";
import type { Lines } from "./stdin_lines.ts";
import { eventLines, hintLines } from "./view/events.ts";
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

export class Script {
  readonly #client: ChatClient;
  readonly #options: Options;
  readonly #input: ScriptInput;
  readonly #output: Output;
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #quit = Promise.withResolvers<void>();
  #isQuitting = false;
  /** Its token was printed: somebody else goes on with it. */
  #keepsSession = false;
  #code: number = EXIT.done;

  constructor(client: ChatClient, options: Options, input: ScriptInput, output: Output) {
    this.#client = client;
    this.#options = options;
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
    const { json, follow } = this.#options;
    if (follow && json) this.#followAsJson();
    const events = follow && !json ? this.#client.events() : undefined;
    const following = events && this.#followAsText(events);
    await Promise.race([this.#work(), this.#input.stopped]);
    await events?.return?.();
    await following;
    if (!this.#keepsSession && this.#options.token === undefined) await endSession(this.#client);
    return this.#code;
  }

  async #work(): Promise<void> {
    try {
      await signIn(this.#client, this.#options, this.#context);
      await this.#runCommands();
      if (this.#options.follow && this.#code === EXIT.done) await this.#untilEnded();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #runCommands(): Promise<void> {
    const { exec } = this.#options;
    for (const line of exec) {
      await this.#runLine(line);
      if (this.#isQuitting || this.#code !== EXIT.done) return;
    }
    if (exec.length > 0 || !this.#input.hasCommands) return;
    while (!this.#isQuitting) {
      const line = await this.#input.lines.next();
      if (line === undefined) return;
      await this.#runLine(line);
    }
  }

  async #runLine(line: string): Promise<void> {
    try {
      const outcome = await parseLine(line)?.run(this.#context);
      if (!outcome) return;
      if (outcome.command.name === "token") this.#keepsSession = true;
      await this.#print(outcome);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #print(outcome: Outcome): Promise<void> {
    const { command, answer } = outcome;
    if (this.#options.json) {
      return this.#output.data(JSON.stringify({ type: "ok", command: command.name, ...answer }));
    }
    if ("events" in answer) await this.#directory.learn(answer.events as ChatEvent[]);
    for (const line of outcomeLines(outcome, { state: this.#client.state })) this.#output.data(line);
  }

  #followAsJson(): void {
    this.#client.on("event", (event) => this.#output.data(eventJson(event)));
    this.#client.on("hint", (hint) => this.#output.data(JSON.stringify(hint)));
  }

  async #followAsText(events: AsyncIterable<ChatEvent>): Promise<void> {
    const { state } = this.#client;
    this.#client.on("hint", (hint: Hint) => this.#data(hintLines(hint, state)));
    try {
      for await (const event of events) {
        await this.#directory.learn([event]);
        this.#data(eventLines(event, { state }));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #data(lines: readonly string[]): void {
    for (const line of lines) this.#output.data(line);
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
    this.#output.note(`chat-client: ${failureText(error)}`);
    const { unacknowledged } = this.#client;
    if (unacknowledged > 0) this.#output.note(`${count(unacknowledged, "text")} may not have been stored`);
  }
}

/** As the server sent it, also if this client does not know its kind. */
function eventJson(event: ChatEvent): string {
  if (event.kind !== "unknown") return JSON.stringify(event);
  const { was, ...rest } = event;
  return JSON.stringify({ ...rest, kind: was });
}
