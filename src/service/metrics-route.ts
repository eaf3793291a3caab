// Owns: /metrics: which format is sent, and whether a token is needed.
// Knows nothing of: what is measured: the collector writes the text.
import { METRICS_CONTENT_TYPE, metricsFormat } from '../export/metrics-text.ts';
import { errorReply, type Route, textReply } from './routes.ts';

export const METRICS_PATH = '/metrics';

export function metricsRoute(withoutToken: boolean): Route {
  return {
    path: METRICS_PATH,
    access: withoutToken ? 'public' : 'token',
    summary: 'Metrics in the text format of Prometheus, or OpenMetrics for those who accept it',
    async reply({ link, accept, reader }) {
      const format = metricsFormat(accept);
      // Who comes seldom is told of what is new to it alone.
      const ready = reader?.seldom === true ? undefined : link.metrics(format);
      const who = reader === undefined ? {} : { reader };
      // The collector goes on to send them, and hears what has been read; a scrape does not wait until it has time.
      if (ready !== undefined) void link.ask('metrics', { format, ...who, refresh: ready.refresh }).catch(() => {});
      const text = ready?.text ?? (await link.ask('metrics', { format, ...who }));
      if (typeof text !== 'string') return errorReply(502, 'a fault in nettrace');
      return textReply(text, 200, METRICS_CONTENT_TYPE[format]);
    },
  };
}
