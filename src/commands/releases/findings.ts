/** The known leaks in a list of installed packages. In: packages, the version of Node. Out: findings, the worst first. */
import type { AuditFinding } from '../../analyzer/model/printed-documents.js';
import type { InstalledPackage } from './lockfile.js';
import { knownLeaks } from './known-leaks.js';
import { compareVersions, isIn } from './versions.js';

export const findKnownLeaks = (packages: readonly InstalledPackage[]): AuditFinding[] => {
  const found = new Map<string, AuditFinding>();
  for (const { name, version } of packages) {
    for (const leak of knownLeaks.filter((one) => one.package === name)) {
      const range = leak.leaky.find((one) => isIn(version, one));
      if (range === undefined) continue;
      const { kind, grows, issue, advice } = leak;
      const firstGood = range.firstGood ?? range.before;
      const finding = { package: name, version, kind, grows, issue, firstGood, advice };
      found.set(`${name} ${version} ${grows}`, finding);
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      Number(a.kind === 'use') - Number(b.kind === 'use') ||
      (a.package < b.package ? -1 : a.package > b.package ? 1 : compareVersions(a.version, b.version)),
  );
};
