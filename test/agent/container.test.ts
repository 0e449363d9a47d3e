import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerOf } from '#memwatch/agent/process/container.js';

const id = '0123456789abcdef'.repeat(4);
const pod = '8a2f6c1e-1111-2222-3333-0123456789ab';
const slice = `kubepods-burstable-pod${pod.replaceAll('-', '_')}.slice`;

const cases: readonly (readonly [path: string, name: string | undefined])[] = [
  [`/docker/${id}`, 'docker 0123456789ab'],
  [`/system.slice/docker-${id}.scope`, 'docker 0123456789ab'],
  [`/docker/${id}/app`, 'docker 0123456789ab'],
  [`/machine.slice/libpod-${id}.scope/container`, 'podman 0123456789ab'],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`, 'podman 0123456789ab'],
  [`/kubepods/burstable/pod${pod}/${id}`, `pod ${pod}, container 0123456789ab`],
  [
    `/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${id}.scope`,
    `pod ${pod}, containerd 0123456789ab`,
  ],
  [`/kubepods.slice/kubepods-burstable.slice/${slice}/crio-${id}.scope`, `pod ${pod}, cri-o 0123456789ab`],
  [`/kubelet/kubepods/pod${pod}`, `pod ${pod}`],
  [`/ecs/task/${id}`, 'container 0123456789ab'],
  ['/lxc/web', 'lxc web'],
  ['/lxc.payload.web/init.scope', 'lxc web'],
  ['/system.slice/my\\x2dapi.service', 'my-api.service'],
  ['/user.slice/user-1000.slice/user@1000.service/app.slice/api.service', 'api.service'],
  ['/user.slice/user-1000.slice/session-3.scope', undefined],
  ['/init.scope', undefined],
  ['/', undefined],
  ['/../../x', undefined],
];

test('the names of cgroups tell the container, the pod or the unit', () => {
  for (const [path, name] of cases) {
    assert.equal(containerOf(`0::${path}\n`), name, path);
    assert.equal(containerOf(`9:name=systemd:${path}\n4:memory:${path}\n0::/\n`), name, path);
  }
});
