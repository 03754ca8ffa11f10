export function errorsPage(core: { readonly ERROR_CODES: Readonly<Record<string, string>> }): string;
export function formatsPage(
  core: { readonly structToMarkdown: (layout: never) => string },
  packages: readonly (readonly [string, readonly unknown[]])[],
): string;
