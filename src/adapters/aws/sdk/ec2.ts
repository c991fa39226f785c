// Of EC2's client only what is called: a bundle that imports the package as a whole carries two megabytes more.
export { DescribeAvailabilityZonesCommand, EC2Client } from '@aws-sdk/client-ec2';
