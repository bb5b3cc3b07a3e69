/** What a scenario of the load bench is: figures with a title each, from runs on servers of their own. */
import type { Wrong } from "./account.ts";
import type { Backend } from "./deployment.ts";

/** What the command line may say otherwise. */
export interface Sizes {
  /** Measured in each run. */
  readonly seconds: number;
  /** Texts a second of the scenario `rate`. */
  readonly rate: number;
  /** Idle connections. */
  readonly connections: number;
  /** Those that come back at once. */
  readonly clients: number;
}

export interface Column {
  readonly title: string;
  readonly digits: number;
}

export interface Result<Name extends string = string> {
  /** By what was compared, a row each. Not a number where there was nothing to measure. */
  readonly rows: Readonly<Record<string, Readonly<Record<Name, number>>>>;
  readonly wrong: Wrong;
  /** The first lines that nobody expected. */
  readonly surprises: readonly string[];
}

export interface Bench<Name extends string = string> {
  readonly about: string;
  readonly columns: Readonly<Record<Name, Column>>;
  /** One run. */
  run(backend: Backend, sizes: Sizes): Promise<Result<Name>>;
}
