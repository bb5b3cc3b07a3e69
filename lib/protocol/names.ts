/**
 * Two names are the same name if their keys are equal: compatibility forms, case and sharp s are folded (through upper
 * case, because some letters only meet there, and through lower case before it, because the capital sharp s does not).
 */
export function nameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

/** A name as it is stored and shown. */
export function canonicalName(name: string): string {
  return name.normalize("NFC");
}
