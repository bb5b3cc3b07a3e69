/**
 * Holds the layers of ARCHITECTURE.md: which folder may import which, and which few files may name a driver, the
 * environment, the console or the process. It judges lib/, server.ts and client.ts, and leaves the tests alone.
 *
 * LAYERS and NAMED are the rules; everything below them only reads the two tables. A path in a table names a file,
 * and everything in a folder when it ends with "/".
 */

interface Layer {
  /** The files that the layer is made of. */
  readonly files: string;
  /** What it may import of ours, besides itself. */
  readonly mayImport: readonly string[];
  readonly why: string;
}

const LAYERS: readonly Layer[] = [
  {
    files: "lib/protocol/",
    mayImport: [],
    why: "the protocol is what travels, and stands alone",
  },
  {
    files: "lib/database/",
    mayImport: ["lib/protocol/", "sql/"],
    why: "the database knows SQL, not what is stored with it",
  },
  {
    files: "lib/models/",
    mayImport: ["lib/protocol/", "lib/database/"],
    why: "a model is a table's SQL and row mapping, without rules",
  },
  {
    files: "lib/transport/",
    mayImport: ["lib/protocol/"],
    why: "the transport moves lines, and does not know what is done with them",
  },
  {
    files: "lib/bus/",
    mayImport: ["lib/protocol/"],
    why: "the bus moves messages, and does not know what is done with them",
  },
  {
    files: "lib/service/",
    mayImport: [
      "lib/protocol/",
      "lib/models/",
      "lib/database/database.ts",
      "lib/bus/bus.ts",
      "lib/bus/presence.ts",
    ],
    why: "the service knows contracts, not drivers or sockets; lib/app/ brings them together",
  },
  {
    files: "lib/legacy/",
    mayImport: ["lib/protocol/", "lib/service/"],
    why: "the adapter translates to the protocol's requests, and nothing more",
  },
  {
    files: "lib/client/",
    mayImport: ["lib/protocol/", "lib/transport/"],
    why: "the client knows of the server only the protocol, and moves lines as it does",
  },
  { files: "lib/app/", mayImport: ["lib/", "deno.json"], why: "the app wires everything" },
  {
    files: "server.ts",
    mayImport: ["lib/app/"],
    why: "server.ts turns arguments into a configuration and starts it, nothing else",
  },
  {
    files: "client.ts",
    mayImport: ["lib/app/", "lib/client/"],
    why: "client.ts turns arguments into a configuration and starts it, nothing else",
  },
];

interface Named {
  /** A package, a module, a global, or a member of `Deno`. */
  readonly name: string;
  /** Where it may be named. */
  readonly files: readonly string[];
  /** What to do elsewhere. */
  readonly instead: string;
}

const NAMED: readonly Named[] = [
  {
    name: "mysql2",
    files: ["lib/database/mysql.ts"],
    instead: "use the contract in lib/database/database.ts",
  },
  {
    name: "node:sqlite",
    files: ["lib/database/sqlite.ts", "lib/client/store/sqlite_file.ts"],
    instead: "use the contract in lib/database/database.ts (the client: in lib/client/store/client_store.ts)",
  },
  {
    name: "ioredis",
    files: ["lib/bus/redis.ts", "lib/bus/redis_presence.ts"],
    instead: "use the contracts in lib/bus/bus.ts and lib/bus/presence.ts",
  },
  { name: "pino", files: ["lib/app/log.ts"], instead: "take a log as an argument" },
  { name: "Deno.listen", files: ["lib/transport/listener.ts"], instead: "use the listener" },
  { name: "Deno.listenTls", files: ["lib/transport/listener.ts"], instead: "use the listener" },
  { name: "Deno.env", files: ["lib/app/config.ts", "lib/client/"], instead: "take the value as an argument" },
  { name: "Deno.exit", files: ["server.ts", "client.ts"], instead: "throw, or return to the caller" },
  {
    name: "console",
    files: ["lib/app/", "lib/client/terminal.ts", "server.ts", "client.ts"],
    instead: "take a log as an argument",
  },
];

const ROOT = new URL("../", import.meta.url);

const plugin: Deno.lint.Plugin = {
  name: "clusterchat",
  rules: {
    "layers": { create: (context) => checkImports(context, checkLayer) },
    "named-in-one-place": {
      create(context) {
        const file = judgedPath(context.filename);
        if (file === undefined) return {};
        const check = (name: string, node: Deno.lint.Node) => {
          const rule = NAMED.find((each) => each.name === name);
          if (rule === undefined || rule.files.some((each) => covers(each, file))) return;
          context.report({
            node,
            message: `${name} is named only in ${
              rule.files.join(", ")
            }, so that one place decides how it is used.`,
            hint: capitalize(`${rule.instead}, or change NAMED in lint/imports.ts.`),
          });
        };
        return {
          ...checkImports(context, (_context, _file, specifier, node) => check(packageOf(specifier), node)),
          "MemberExpression[object.name='Deno']"(node: Deno.lint.MemberExpression) {
            const { property } = node;
            if (property.type === "Identifier") check(`Deno.${property.name}`, node);
            // Deno["exit"] and const { exit } = Deno must not be ways around the table.
            else if (property.type === "Literal") check(`Deno.${property.value}`, node);
          },
          "VariableDeclarator[init.name='Deno'] > ObjectPattern > Property"(node: Deno.lint.Property) {
            if (node.key.type === "Identifier") check(`Deno.${node.key.name}`, node);
          },
          "MemberExpression[object.name='console']"(node: Deno.lint.MemberExpression) {
            check("console", node);
          },
        };
      },
    },
    "no-default-export": {
      create(context) {
        if (judgedPath(context.filename) === undefined) return {};
        return {
          ExportDefaultDeclaration(node) {
            context.report({
              node,
              message: "No default exports: a thing has one name, the same wherever it is imported.",
              hint: "Export it by name.",
            });
          },
        };
      },
    },
    "no-barrel": {
      create(context) {
        if (judgedPath(context.filename) === undefined) return {};
        return {
          ExportAllDeclaration(node) {
            context.report({
              node,
              message: "No `export *`: an import names the file that holds what it imports.",
              hint: "Import from that file.",
            });
          },
        };
      },
    },
  },
};

export default plugin;

type Check = (context: Deno.lint.RuleContext, file: string, specifier: string, node: Deno.lint.Node) => void;

/** Calls `check` for every module that the file names: imports, re-exports and dynamic imports, types too. */
function checkImports(context: Deno.lint.RuleContext, check: Check): Deno.lint.LintVisitor {
  const file = judgedPath(context.filename);
  if (file === undefined) return {};
  const visit = (node: { source: Deno.lint.Expression | null } & Deno.lint.Node) => {
    if (node.source?.type === "Literal" && typeof node.source.value === "string") {
      check(context, file, node.source.value, node);
    }
  };
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
  };
}

function checkLayer(
  context: Deno.lint.RuleContext,
  file: string,
  specifier: string,
  node: Deno.lint.Node,
): void {
  if (!specifier.startsWith(".")) return;
  const target = new URL(specifier, new URL(file, ROOT)).href.slice(ROOT.href.length);
  const layer = LAYERS.find((each) => covers(each.files, file));
  if (layer === undefined) {
    context.report({
      node,
      message: `${file} belongs to no layer.`,
      hint: "Put it into one, or add its folder to LAYERS in lint/imports.ts.",
    });
  } else if (![layer.files, ...layer.mayImport].some((each) => covers(each, target))) {
    context.report({
      node,
      message: `${layer.files} does not import ${target}: ${layer.why}.`,
      hint: layer.mayImport.length === 0
        ? "It imports nothing of ours: move what it needs into it, or take it as an argument."
        : `It may import ${layer.mayImport.join(", ")}: move what it needs, or take it as an argument.`,
    });
  }
}

/** The file's path from the project's root, if the rules are for it. */
function judgedPath(filename: string): string | undefined {
  const root = decodeURIComponent(ROOT.pathname);
  const path = filename.replaceAll("\\", "/");
  const file = path.startsWith(root) ? path.slice(root.length) : path;
  return /^(lib\/|server\.ts$|client\.ts$)/.test(file) ? file : undefined;
}

function covers(pattern: string, file: string): boolean {
  return pattern.endsWith("/") ? file.startsWith(pattern) : file === pattern;
}

/** `npm:mysql2@3/promise` and `mysql2/promise` → `mysql2`. */
function packageOf(specifier: string): string {
  return specifier.replace(/^npm:\/?/, "").match(/^(@[^/]+\/)?[^/@]+/)?.[0] ?? specifier;
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
