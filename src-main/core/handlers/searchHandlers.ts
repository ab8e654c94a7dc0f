import type { Handlers } from '#shared/contract/routes.ts';
import type { searchRoutes } from '#shared/contract/search.ts';
import type { TextSearch } from '../search/textSearch.ts';

export function searchHandlers({ search }: { readonly search: TextSearch }): Handlers<keyof typeof searchRoutes> {
  return { 'search.texts': (question) => search.find(question) };
}
