/**
 * What keeps a server from starting on MySQL or MariaDB, said to whoever starts it in one line: what happened, where,
 * and what to do. No line says the password.
 */
import { DatabaseError } from "./database.ts";
import { type MysqlAddress, placeOf } from "./mysql_address.ts";
import { errnoOf } from "./mysql_errors.ts";

type Advice = (address: MysqlAddress, reason: string) => string;

const server = (address: MysqlAddress) => `the MySQL server at ${placeOf(address)}`;

const refused: Advice = (address) =>
  `${
    server(address)
  } refuses the user ${address.user}: check user and password in --mysql, and that this user may ` +
  "come from this machine, by password and without TLS";

const noDatabase: Advice = (address) =>
  `at ${server(address)} the user ${address.user} may not use or create the database ${address.database}: ` +
  `as its administrator, CREATE DATABASE \`${address.database}\` CHARACTER SET utf8mb4, and ${
    grant(address)
  }`;

const noRight: Advice = (address, reason) =>
  `at ${
    server(address)
  } the user ${address.user} lacks a right on the database ${address.database} (${reason}): ` +
  `as its administrator, ${grant(address)}`;

const grant = ({ database, user }: MysqlAddress) => `GRANT ALL ON \`${database}\`.* TO '${user}'`;

const noMachine: Advice = (address, reason) =>
  `${
    server(address)
  } refuses this machine (${reason}): as its administrator, CREATE USER '${address.user}'@'%' …, ` +
  "or with this machine's address for the %";

const full: Advice = (address, reason) =>
  `${
    server(address)
  } has no connection left (${reason}): raise max_connections, of which a chat server needs 17, ` +
  "or end other programs' connections";

const userFull: Advice = (address, reason) =>
  `${
    server(address)
  } limits its user ${address.user} (${reason}): raise the limit; a chat server needs 17 connections`;

const readOnly: Advice = (address) =>
  `${server(address)} cannot be used: read_only is on: name the primary, or SET GLOBAL read_only = OFF`;

const wantsTls: Advice = (address) =>
  `${
    server(address)
  } wants TLS, which this program does not speak to it: SET GLOBAL require_secure_transport = OFF ` +
  "in a network of its own, or name the near end of a tunnel in --mysql";

const expired: Advice = (address) =>
  `at ${server(address)} the password of the user ${address.user} has expired: as its administrator, ` +
  `ALTER USER '${address.user}' IDENTIFIED BY …, and correct --mysql`;

const locked: Advice = (address) =>
  `at ${server(address)} the user ${address.user} is locked: as its administrator, ` +
  `ALTER USER '${address.user}' ACCOUNT UNLOCK`;

/** By the server's error number. */
const ANSWERS: Readonly<Record<number, Advice>> = {
  1040: full,
  1044: noDatabase,
  1045: refused,
  1129: noMachine, // after too many connections that broke off
  1130: noMachine,
  1142: noRight,
  1143: noRight,
  1203: userFull,
  1226: userFull,
  1227: noDatabase,
  1290: readOnly,
  1698: refused, // a user that is known by its socket only
  1820: expired,
  1836: readOnly,
  1862: expired,
  3118: locked, // MySQL
  3159: wantsTls,
  4151: locked, // MariaDB
};

/** By the code of what happened on the way there, or in the driver. */
const WAYS: Readonly<Record<string, Advice>> = {
  AUTH_SWITCH_PLUGIN_ERROR: (address, reason) =>
    `${server(address)} wants the user ${address.user} to log in in a way that this program does not know (${
      reason.match(/plugin (\w+)/)?.[1]
    }): as its administrator, ALTER USER '${address.user}' to mysql_native_password, or on MySQL to ` +
    "caching_sha2_password",
  ENOTFOUND: (address) =>
    `cannot reach ${server(address)}: there is no host ${address.host}: correct --mysql`,
  EAI_AGAIN: (address) =>
    `cannot reach ${
      server(address)
    }: no name server says where the host ${address.host} is: start one, or correct --mysql`,
};

/** The advice for an error of the server or of the way to it, whatever it is wrapped in; undefined if there is none. */
export function adviceFor(address: MysqlAddress, error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const advice = ANSWERS[errnoOf(each) ?? 0] ?? WAYS[String((each as { code?: unknown }).code)];
    if (advice) return advice(address, each.message);
  }
}

/** Why a database cannot be opened. */
export function whyNotOpened(address: MysqlAddress, error: Error): string {
  const advice = adviceFor(address, error);
  if (advice) return advice;
  if (error instanceof DatabaseError && error.fault === "lost") {
    return `cannot reach ${server(address)}: ${error.message}: start it, or correct --mysql`;
  }
  const isAnswer = errnoOf(error.cause) !== undefined;
  return isAnswer ? `${server(address)} cannot be used: ${error.message}` : error.message;
}
