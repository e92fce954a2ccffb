import { ArrowDown, ArrowUp, Volume2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip, StudyRow } from '../../ipc/app/compare.ts';
import { formatKbps, formatNumber } from '../format.ts';
import { useModel, useQuantizerWords } from '../live/use-model.ts';
import { useApp } from '../store/session.tsx';
import { Card } from '../ui/Card.tsx';
import { classes } from '../ui/classes.ts';
import { Segmented } from '../ui/Segmented.tsx';
import { Tabs } from '../ui/Tabs.tsx';
import {
  fullRates,
  isHeardRow,
  sortStudy,
  STUDY_COLUMNS,
  type StudyColumn,
  type StudySort,
} from './study-rows.ts';
import { useCompare, useVersionName } from './use-versions.ts';
import { NOISY } from './versions.ts';

const NO_ROWS: readonly StudyRow[] = [];

/** What is measured, beside what is heard: means of the shipped study, and this clip where it has a reference. */
export function FiguresCard({ clip }: { readonly clip: Clip }) {
  const { t } = useTranslation();
  const [tab, setTab] = useState<'study' | 'clip'>(clip.hasReference ? 'clip' : 'study');
  return (
    <Card className="figures" title={t('compare.table.title')}>
      <Tabs
        label={t('compare.table.title')}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'clip', label: t('compare.table.clip'), content: <ClipTable clip={clip} /> },
          { value: 'study', label: t('compare.table.study'), content: <StudyTable /> },
        ]}
      />
    </Card>
  );
}

/** SI-SDR, STOI and PESQ of every quantizer and rate of the study; any column sorts. */
function StudyTable() {
  const { t } = useTranslation();
  const study = useApp(({ welcome }) => welcome?.study) ?? NO_ROWS;
  const heard = useCompare((state) => state.heard);
  const { quantizers } = useModel();
  const describe = useQuantizerWords();
  const [sort, setSort] = useState<StudySort>({ by: 'siSdr', isAscending: false });
  const [scope, setScope] = useState<'full' | 'all'>('full');
  if (study.length === 0) return <p className="muted">{t('compare.table.noStudy')}</p>;
  const nameOf = (id: string): string => {
    if (id === NOISY) return t('compare.versions.noisy');
    const quantizer = quantizers.find((other) => other.id === id);
    if (quantizer === undefined) return id;
    return quantizer.maxCodebooks === 0 ? describe(quantizer).name : describe(quantizer).short;
  };
  const kept = scope === 'all' ? study : fullRates(study);
  // What is heard is always in sight.
  const extra = scope === 'all' ? [] : study.filter((row) => isHeardRow(row, heard));
  const rows = sortStudy([...new Set([...kept, ...extra])], sort, nameOf);
  return (
    <>
      <div className="figures__tools">
        <Segmented
          label={t('compare.table.scope')}
          value={scope}
          onChange={setScope}
          options={[
            { value: 'full', label: t('compare.table.full') },
            { value: 'all', label: t('compare.table.all') },
          ]}
        />
      </div>
      <div
        className="figures__scroll"
        tabIndex={0}
        role="group"
        aria-label={t('compare.table.caption')}
      >
        <table className="figures__table">
          <caption className="visually-hidden">{t('compare.table.caption')}</caption>
          <thead>
            <tr>
              {STUDY_COLUMNS.map((column) => (
                <SortHead key={column} column={column} sort={sort} onSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const isHeard = isHeardRow(row, heard);
              return (
                <tr
                  key={`${row.quantizer} ${row.codebooks}`}
                  className={classes(isHeard && 'is-heard')}
                  aria-current={isHeard || undefined}
                >
                  <th scope="row">
                    {nameOf(row.quantizer)}
                    {isHeard && <HeardMark />}
                  </th>
                  <td>{row.codebooks === 0 ? t('common.none') : formatKbps(row.kbps)}</td>
                  <td>{formatNumber(row.siSdr, 1, 1)}</td>
                  <td>{formatNumber(row.stoi, 3, 3)}</td>
                  <td>{formatNumber(row.pesqWb, 2, 2)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="muted small">
        {t('compare.table.studyHint')} {t('compare.table.higher')}
      </p>
    </>
  );
}

interface SortHeadProps {
  readonly column: StudyColumn;
  readonly sort: StudySort;
  readonly onSort: (sort: StudySort) => void;
}

function SortHead({ column, sort, onSort }: SortHeadProps) {
  const { t } = useTranslation();
  const isChosen = sort.by === column;
  const direction = sort.isAscending ? 'ascending' : 'descending';
  const Arrow = sort.isAscending ? ArrowUp : ArrowDown;
  return (
    <th scope="col" aria-sort={isChosen ? direction : 'none'}>
      <button
        type="button"
        title={t('compare.table.sort', { column: t(`compare.table.${column}`) })}
        onClick={() =>
          // Figures are best first to begin with, names from A on.
          onSort({ by: column, isAscending: isChosen ? !sort.isAscending : column === 'quantizer' })
        }
      >
        {t(`compare.table.${column}`)}
        {isChosen && <Arrow size={12} aria-hidden="true" />}
      </button>
    </th>
  );
}

function ClipTable({ clip }: { readonly clip: Clip }) {
  const { t } = useTranslation();
  const heard = useCompare((state) => state.heard);
  const nameOf = useVersionName();
  const measured = clip.variants.filter(({ metrics }) => metrics !== null);
  if (!clip.hasReference) return <p className="muted">{t('compare.table.clipNone')}</p>;
  const cell = (value: number | null, digits: number): string =>
    value === null ? t('common.none') : formatNumber(value, digits, digits);
  return (
    <>
      <div
        className="figures__scroll"
        tabIndex={0}
        role="group"
        aria-label={t('compare.table.clip')}
      >
        <table className="figures__table">
          <caption className="visually-hidden">{t('compare.table.clip')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('compare.table.version')}</th>
              <th scope="col">{t('compare.table.siSdr')}</th>
              <th scope="col">{t('compare.table.stoi')}</th>
              <th scope="col">{t('compare.table.pesqWb')}</th>
            </tr>
          </thead>
          <tbody>
            {measured.map(({ key, metrics }) => (
              <tr
                key={key}
                className={classes(key === heard && 'is-heard')}
                aria-current={key === heard || undefined}
              >
                <th scope="row">
                  {nameOf(key)}
                  {key === heard && <HeardMark />}
                </th>
                <td>{cell(metrics!.siSdr, 1)}</td>
                <td>{cell(metrics!.stoi, 3)}</td>
                <td>{cell(metrics!.pesqWb, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted small">
        {t('compare.table.clipHint')} {t('compare.table.higher')}
      </p>
    </>
  );
}

function HeardMark() {
  const { t } = useTranslation();
  return (
    <span className="figures__heard">
      <Volume2 size={13} aria-hidden="true" />
      <span className="visually-hidden">{t('compare.table.heard')}</span>
    </span>
  );
}
