#!/usr/bin/perl
# packaging/links.pl: whether the links of README.md and its docs/, as a package
# installs them, lead to a file. Prints each that does not.
#
#     packaging/links.pl FOLDER       exit status 1 for a broken link

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Find;

my $folder = shift // die "usage: packaging/links.pl FOLDER\n";
my ($links, $broken) = (0, 0);

sub follow {
    return if !/\.md\z/;
    my $file = $File::Find::name;
    open my $in, '<', $file or die "links: $file: $!\n";
    while (my $line = <$in>) {
        for my $to ($line =~ /\]\(([^)#\s]+)[^)]*\)/g) {
            next if $to =~ m{^\w+:};
            $links++;
            next if -e dirname($file) . "/$to";
            $broken++;
            print "$file:$.: $to is not there\n";
        }
    }
    close $in;
}

-e "$folder/README.md" or die "links: $folder has no README.md\n";
find({ wanted => \&follow, no_chdir => 1 }, $folder);
print "links: $links followed, $broken broken\n";
exit($broken || !$links ? 1 : 0);
