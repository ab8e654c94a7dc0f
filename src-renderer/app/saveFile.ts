/** Hands a text to the user as a file: a download in a browser, the system's dialog in a window. */
export function saveFile(fileName: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has taken the data when the click returns; revoking at once would be too early in Firefox.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
