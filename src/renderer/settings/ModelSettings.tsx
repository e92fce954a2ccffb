import { useTranslation } from 'react-i18next';
import { PROVIDERS, type Settings } from '../../ipc/app/settings.ts';
import { useModel } from '../live/use-model.ts';
import { useApp, useReadout, useSession } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { Select } from '../ui/Select.tsx';
import { TextField } from '../ui/TextField.tsx';

/** Where the models are, which one, and what computes it. */
export function ModelSettings({ settings }: { readonly settings: Settings }) {
  const { t } = useTranslation();
  const { app } = useSession();
  const models = useApp(({ welcome }) => welcome?.models ?? []);
  const { model } = useModel();
  const reason = useReadout((telemetry) => telemetry?.provider.reason || null, 1000);
  const { modelsFolder, model: chosen, provider } = settings;
  const isMissing = chosen !== null && models.every(({ id }) => id !== chosen);
  return (
    <Card title={t('settings.model.title')}>
      <Select
        label={t('settings.model.model')}
        value={chosen ?? ''}
        options={[
          { value: '', label: t('settings.model.usual') },
          ...models.map(({ id, name, version }) => ({ value: id, label: `${name} (${version})` })),
          ...(isMissing
            ? [{ value: chosen, label: t('live.devices.missing', { name: chosen }) }]
            : []),
        ]}
        {...(model === undefined
          ? {}
          : {
              hint: `${model.description} ${t('settings.model.licence', { licence: model.license })}`,
            })}
        onChange={(id) => void app.changeSettings({ model: id === '' ? null : id })}
      />
      <TextField
        label={t('settings.model.folder')}
        hint={t('settings.model.folderHint')}
        value={modelsFolder ?? ''}
        placeholder={t('settings.model.folderUsual')}
        onCommit={(folder) =>
          void app
            .changeSettings({ modelsFolder: folder.trim() === '' ? null : folder.trim() })
            .then(() => app.refresh())
        }
      />
      <Select
        label={t('settings.model.provider')}
        value={provider}
        options={PROVIDERS.map((value) => ({
          value,
          label: t(`settings.model.providers.${value}`),
        }))}
        hint={reason ?? t('settings.model.providerUnknown')}
        onChange={(next) => void app.changeSettings({ provider: next })}
      />
    </Card>
  );
}
