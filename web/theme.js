// Owns: the theme before the first paint. Knows nothing of: the rest of the page.
{
  const kept = localStorage.getItem('nettrace.theme');
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
}
