"""Memberships, which may name programmes: after both."""

import datetime

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('accounts', '0002_initial'), ('accounts', '0003_how_often_letters_may_come')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('programmes', '0002_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='User')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.office', verbose_name='Office')),
                ('role', models.CharField(choices=[('caseworker', 'Caseworker'), ('liaison', 'Employer liaison'), ('manager', 'Programme manager'), ('data', 'Data officer'), ('protection', 'Protection focal point'), ('auditor', 'Auditor'), ('partner', 'Partner'), ('administrator', 'Administrator')], max_length=20, verbose_name='Role')),
                ('valid_from', models.DateField(default=datetime.date.today, verbose_name='Valid from')),
                ('valid_to', models.DateField(blank=True, help_text='The last day it holds. Leave empty while it has no end.', null=True, verbose_name='Valid to')),
                ('programmes', models.ManyToManyField(blank=True, help_text='Leave empty for all programmes of the office.', related_name='+', to='programmes.programme', verbose_name='Programmes')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'ordering': ['user', 'office', 'role', 'valid_from', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['caseworker', 'liaison', 'manager', 'data', 'protection', 'auditor', 'partner', 'administrator'])), name='membership_role_is_known', violation_error_message='Choose a role from the list.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='membership_ends_after_start', violation_error_message='The last day cannot be before the first day.'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func(models.F('user'), models.F('user'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('office'), models.F('office'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.Func(models.F('role'), function='md5', output_field=models.BigIntegerField(), template="('x' || substr(%(function)s(%(expressions)s), 1, 8))::bit(32)::bigint"), models.Func(models.F('role'), function='md5', output_field=models.BigIntegerField(), template="('x' || substr(%(function)s(%(expressions)s), 1, 8))::bit(32)::bigint"), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('valid_from'), models.F('valid_to'), models.Value('[]'), function='daterange'), '&&')], name='membership_no_overlap', violation_error_message='This user already has this role in this office on some of these days.')],
            },
        ),
        migrations.CreateModel(
            name='MembershipEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.membership')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='User')),
                ('office', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.office', verbose_name='Office')),
                ('role', models.CharField(choices=[('caseworker', 'Caseworker'), ('liaison', 'Employer liaison'), ('manager', 'Programme manager'), ('data', 'Data officer'), ('protection', 'Protection focal point'), ('auditor', 'Auditor'), ('partner', 'Partner'), ('administrator', 'Administrator')], max_length=20, verbose_name='Role')),
                ('valid_from', models.DateField(default=datetime.date.today, verbose_name='Valid from')),
                ('valid_to', models.DateField(blank=True, help_text='The last day it holds. Leave empty while it has no end.', null=True, verbose_name='Valid to')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MembershipProgrammeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('membership', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.membership')),
                ('programme', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='programmes.programme')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
