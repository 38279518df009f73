"""Users and offices, which everything else refers to."""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.offices
import accounts.places


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(error_messages={'unique': 'A user with this e-mail address exists.'}, max_length=254, unique=True, verbose_name='E-mail address')),
                ('full_name', models.CharField(max_length=150, verbose_name='Full name')),
                ('language', models.CharField(choices=[('es', 'Spanish'), ('en', 'English')], default='es', max_length=10, verbose_name='Language')),
                ('time_zone', models.CharField(default='America/Guatemala', max_length=50, validators=[accounts.places.validate_time_zone], verbose_name='Time zone')),
                ('digest_on', models.BooleanField(default=True, verbose_name='Send me a daily summary')),
                ('digest_hour', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(23)], verbose_name='Hour of the daily summary')),
                ('digest_weekday', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(6)], verbose_name='Day of the weekly summary')),
                ('quiet_from', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(23)], verbose_name='Quiet from')),
                ('quiet_until', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(23)], verbose_name='Quiet until')),
                ('first_steps_closed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('theme', models.CharField(choices=[('auto', 'As on this device'), ('light', 'Light'), ('dark', 'Dark')], default='auto', max_length=5, verbose_name='Colours')),
                ('shortcuts_on', models.BooleanField(default=True, verbose_name='Keyboard shortcuts')),
                ('is_active', models.BooleanField(default=True, help_text='Switch off to end all sessions of this user and refuse new ones.', verbose_name='Active')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='Created')),
                ('last_seen_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='Last seen')),
                ('session_epoch', models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'ordering': ['full_name', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_in_lower_case', violation_error_message='Write the e-mail address in small letters.'), models.CheckConstraint(condition=models.Q(('digest_hour__lte', 23)), name='user_digest_hour_is_an_hour', violation_error_message='Choose an hour from 0 to 23.'), models.CheckConstraint(condition=models.Q(('digest_weekday__isnull', True), ('digest_weekday__lte', 6), _connector='OR'), name='user_digest_weekday_is_a_day', violation_error_message='Choose a day of the week.'), models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__lte', 23), ('quiet_until__lte', 23), models.Q(('quiet_from', models.F('quiet_until')), _negated=True)), _connector='OR'), name='user_quiet_hours_begin_and_end', violation_error_message='Quiet hours need two different hours: when they begin and when they end.')],
            },
        ),
        migrations.CreateModel(
            name='Office',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('code', models.CharField(help_text='Short and unique, for example GT-CHM.', max_length=20, unique=True, verbose_name='Code')),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
                ('kind', models.CharField(choices=[('mission', 'Mission'), ('office', 'Office'), ('partner', 'Partner')], default='office', max_length=10, verbose_name='Kind')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='accounts.office', verbose_name='Stands below')),
                ('path', models.CharField(default='', editable=False, max_length=200)),
                ('country', models.CharField(help_text='Three letters, for example GTM.', max_length=3, validators=[accounts.places.validate_country], verbose_name='Country')),
                ('time_zone', models.CharField(default='America/Guatemala', max_length=50, validators=[accounts.places.validate_time_zone], verbose_name='Time zone')),
                ('working_days', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(6)]), default=accounts.offices.default_working_days, size=None, verbose_name='Working days')),
                ('active', models.BooleanField(default=True, verbose_name='Active')),
            ],
            options={
                'verbose_name': 'office',
                'verbose_name_plural': 'offices',
                'ordering': ['name', 'pk'],
                'indexes': [models.Index(fields=['path'], name='office_path_prefix', opclasses=['text_pattern_ops'])],
                'constraints': [models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{3}$')), name='office_country_three_letters', violation_error_message='Enter the country as three capital letters, for example GTM.'), models.CheckConstraint(condition=models.Q(('working_days__contained_by', [0, 1, 2, 3, 4, 5, 6]), ('working_days__len__gte', 1)), name='office_works_some_day', violation_error_message='Choose at least one working day.'), models.CheckConstraint(condition=models.Q(('parent', models.F('id')), _negated=True), name='office_not_its_own_parent', violation_error_message='An office cannot stand below itself.')],
            },
        ),
        migrations.CreateModel(
            name='UserEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('email', models.EmailField(error_messages={'unique': 'A user with this e-mail address exists.'}, max_length=254, verbose_name='E-mail address')),
                ('full_name', models.CharField(max_length=150, verbose_name='Full name')),
                ('language', models.CharField(choices=[('es', 'Spanish'), ('en', 'English')], default='es', max_length=10, verbose_name='Language')),
                ('time_zone', models.CharField(default='America/Guatemala', max_length=50, validators=[accounts.places.validate_time_zone], verbose_name='Time zone')),
                ('digest_on', models.BooleanField(default=True, verbose_name='Send me a daily summary')),
                ('digest_hour', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(23)], verbose_name='Hour of the daily summary')),
                ('digest_weekday', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(6)], verbose_name='Day of the weekly summary')),
                ('quiet_from', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(23)], verbose_name='Quiet from')),
                ('quiet_until', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(23)], verbose_name='Quiet until')),
                ('first_steps_closed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('theme', models.CharField(choices=[('auto', 'As on this device'), ('light', 'Light'), ('dark', 'Dark')], default='auto', max_length=5, verbose_name='Colours')),
                ('shortcuts_on', models.BooleanField(default=True, verbose_name='Keyboard shortcuts')),
                ('is_active', models.BooleanField(default=True, help_text='Switch off to end all sessions of this user and refuse new ones.', verbose_name='Active')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='Created')),
                ('session_epoch', models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OfficeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.office')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('code', models.CharField(help_text='Short and unique, for example GT-CHM.', max_length=20, verbose_name='Code')),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
                ('kind', models.CharField(choices=[('mission', 'Mission'), ('office', 'Office'), ('partner', 'Partner')], default='office', max_length=10, verbose_name='Kind')),
                ('parent', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.office', verbose_name='Stands below')),
                ('country', models.CharField(help_text='Three letters, for example GTM.', max_length=3, validators=[accounts.places.validate_country], verbose_name='Country')),
                ('time_zone', models.CharField(default='America/Guatemala', max_length=50, validators=[accounts.places.validate_time_zone], verbose_name='Time zone')),
                ('working_days', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(6)]), default=accounts.offices.default_working_days, size=None, verbose_name='Working days')),
                ('active', models.BooleanField(default=True, verbose_name='Active')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OfficeHoliday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='accounts.office', verbose_name='Office')),
                ('day', models.DateField(verbose_name='Day')),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
            ],
            options={
                'verbose_name': 'office holiday',
                'verbose_name_plural': 'office holidays',
                'ordering': ['day', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('office', 'day'), name='office_holiday_once_a_day', violation_error_message='This office already has this day off.')],
            },
        ),
        migrations.CreateModel(
            name='OfficeHolidayEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.officeholiday')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('office', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.office', verbose_name='Office')),
                ('day', models.DateField(verbose_name='Day')),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ParkedText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('path', models.CharField(max_length=500)),
                ('body', models.TextField()),
                ('files_lost', models.BooleanField(default=False)),
                ('parked_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'kept text',
                'verbose_name_plural': 'kept texts',
                'ordering': ['-parked_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('user', 'path'), name='parked_text_once_per_page')],
            },
        ),
    ]
