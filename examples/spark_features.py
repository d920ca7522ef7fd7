# SPDX-License-Identifier: GPL-3.0-or-later
"""Features on Spark, in two ways; mltool and its Python package are installed on every node.

    spark-submit examples/spark_features.py SERIES.csv FEATURES

SERIES.csv has the columns id, time and a column for each kind. Rows of an id may be anywhere.
"""
import itertools
import sys

import mltool

SERIES_AT_ONCE = 1000  # ids in one call, more or less


def features_of(frame):
    """Rows of whole ids, a pandas.DataFrame, to a row for each id: what Spark calls."""
    features = mltool.extract_features(
        frame.drop(columns="bucket", errors="ignore"), column_id="id", column_sort="time"
    )
    return features.rename_axis("id").reset_index()


def by_frames(series):
    """A DataFrame of Spark to one of features. Buckets of ids go to the workers whole."""
    from pyspark.sql import functions, types

    sample = features_of(series.limit(1).toPandas())  # the columns depend on the kinds alone
    number = types.DoubleType()
    schema = types.StructType([series.schema["id"]])
    for name in sample.columns[1:]:
        schema.add(name, number)
    n = max(1, series.select("id").distinct().count() // SERIES_AT_ONCE)
    bucket = functions.pmod(functions.hash("id"), functions.lit(n))
    return series.withColumn("bucket", bucket).groupBy("bucket").applyInPandas(features_of, schema)


def by_pipe(lines, header):
    """An RDD of CSV lines without header to one of lines of features: no Python on the way. An id
    must not be in two partitions."""
    with_header = lines.mapPartitions(lambda part: itertools.chain([header], part))
    return with_header.pipe("mltool -q fresh -").filter(lambda line: not line.startswith("id,"))


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    table = spark.read.csv(sys.argv[1], header=True, inferSchema=True)
    by_frames(table).write.parquet(sys.argv[2])
