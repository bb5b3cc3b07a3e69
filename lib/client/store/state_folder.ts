/** The folder of what a program keeps for its user, where each system has it. */

type Env = (name: string) => string | undefined;

const FOLDERS: { readonly [os: string]: (env: Env) => string | undefined } = {
  windows: (env) => below(env("LOCALAPPDATA"), "clusterchat"),
  darwin: (env) => below(env("HOME"), "Library/Application Support/clusterchat"),
};

/** Undefined where the environment does not say who the user is. */
export function stateFolder(env: Env, os: string): string | undefined {
  const here = env("CHAT_STATE_DIR") || below(env("XDG_STATE_HOME"), "clusterchat");
  const usual = FOLDERS[os] ?? ((env: Env) => below(env("HOME"), ".local/state/clusterchat"));
  return here ?? usual(env);
}

function below(folder: string | undefined, path: string): string | undefined {
  return folder ? `${folder}/${path}` : undefined;
}
