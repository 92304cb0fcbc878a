from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog_ai', '0010_causes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['source', '-id'], name='catalog_ai_run_source'),
        ),
    ]
