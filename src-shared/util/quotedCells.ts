export interface CellRow {
  /** Of its first cell, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Cells between commas; a quoted one may hold commas, doubled quotes and line ends (RFC 4180).
 * @returns the rows, and the line of a quote that is opened and never closed: the row it begins in is left out
 */
export function readQuotedCells(content: string): { readonly rows: readonly CellRow[]; readonly unclosedLine: number | null } {
  const rows: CellRow[] = [];
  let cells: string[] = [];
  let cell = '';
  let line = 1;
  let rowLine = 1;
  let isQuoted = false;
  const endRow = (): void => {
    rows.push({ line: rowLine, cells: [...cells, cell] });
    cells = [];
    cell = '';
  };
  for (let index = 0; index < content.length; index++) {
    const sign = content.charAt(index);
    if (sign === '\n') line++;
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (content.charAt(index + 1) === '"') {
        cell += '"';
        index++;
      } else isQuoted = false;
    } else if (sign === '"' && cell === '') isQuoted = true;
    else if (sign === ',') {
      cells.push(cell);
      cell = '';
    } else if (sign === '\n') {
      endRow();
      rowLine = line;
    } else if (sign !== '\r' || content.charAt(index + 1) !== '\n') cell += sign;
  }
  if (isQuoted) return { rows, unclosedLine: rowLine };
  if (cells.length > 0 || cell !== '') endRow();
  return { rows, unclosedLine: null };
}
