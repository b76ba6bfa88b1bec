/**
 * Light or dark: as the machine says, until the reader says otherwise.
 */

const NAME = "drydock.theme";

/** Shows the remembered theme, if there is one. */
export function applyTheme(): void {
  const theme = remembered();
  if (theme !== null) document.documentElement.dataset.theme = theme;
}

/** The other theme, remembered. */
export function switchTheme(): void {
  const isDark =
    (document.documentElement.dataset.theme ??
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = isDark ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(NAME, theme);
  } catch {
    // Not remembered then.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}
