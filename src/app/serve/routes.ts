// Owns: every route of the service but those of the page, its own description (openapi.json) among them.
// Knows nothing of: requests.
import { apiRoutes } from '../../service/api-routes.ts';
import { metricsRoute } from '../../service/metrics-route.ts';
import { type Route, textReply } from '../../service/routes.ts';
import { openApi } from './openapi.ts';

export interface RouteParts {
  readonly version: string;
  readonly metricsWithoutToken: boolean;
  /** Monotonic ms. */
  readonly now: () => number;
}

export function serviceRoutes({ version, metricsWithoutToken, now }: RouteParts): readonly Route[] {
  let text: string | undefined;
  const routes: readonly Route[] = [
    ...apiRoutes(now),
    metricsRoute(metricsWithoutToken),
    {
      path: '/api/v1/openapi.json',
      access: 'token',
      summary: 'This document',
      reply: () => {
        text ??= openApiText(version, routes);
        return textReply(text);
      },
    },
  ];
  return routes;
}

/** The document as it is served. */
export function openApiText(version: string, routes: readonly Route[]): string {
  return `${JSON.stringify(openApi(version, routes))}\n`;
}
