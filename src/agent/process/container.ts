/**
 * In which container, pod or systemd unit a process runs, by the names of its cgroups. In: the text of `/proc/PID/cgroup`.
 * Out: words such as `docker 0123456789ab`; undefined if no name says so. Names of containers are known to their runtime
 * only, which is not asked: their ids are shown as `docker ps` and `crictl ps` do.
 */

/** How runtimes begin the name of a container's scope. */
const runtimes: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
};
const shortId = 12;

export const containerOf = (membership: string): string | undefined => {
  const paths = membership.split('\n').map((line) => line.replace(/^\d+:[^:]*:/, ''));
  return paths.map(containerIn).find(Boolean) ?? paths.map(unitIn).find(Boolean);
};

/**
 * `/docker/ID`, `/system.slice/docker-ID.scope`, `/machine.slice/libpod-ID.scope`, `/kubepods/burstable/podUID/ID`,
 * `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope`, `/lxc/NAME`.
 */
const containerIn = (path: string): string | undefined => {
  const pod = /pod([0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})/.exec(path)?.[1]?.replaceAll('_', '-');
  const [, folder, prefix, id] = /(?:\/([^/]*))?\/(?:([a-z-]+)-)?([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(path) ?? [];
  const runtime = runtimes[prefix ?? folder ?? ''];
  const container = id === undefined ? undefined : `${runtime ?? 'container'} ${id.slice(0, shortId)}`;
  if (pod !== undefined) return container === undefined ? `pod ${pod}` : `pod ${pod}, ${container}`;
  const lxc = /^\/lxc(?:\.payload\.|\/)([^/]+)/.exec(path)?.[1];
  return container ?? (lxc === undefined ? undefined : `lxc ${lxc}`);
};

/** systemd's unit, but not those of a login. It writes `-` inside a name as `\x2d`. */
const unitIn = (path: string): string | undefined => {
  const units = path.split('/').filter((name) => /\.service$|\.scope$/.test(name));
  const unit = units.findLast((name) => !/^(user@\d+\.service|session-.*\.scope|init\.scope)$/.test(name));
  return unit?.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
};
